"""What became of an attempt, and what follows from it. The system does this by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, record
from allsquare.core.ids import new_id
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.payments.autopay import agreement_of, attempt_facts, is_stopped, plan_of
from allsquare.payments.autopay_plan import WAITS, key_of, next_attempt
from allsquare.payments.gateway import Status
from allsquare.payments.health import is_trouble
from allsquare.payments.models import AutopayCharge, GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.services.check_payment import NEVER_CAME
from allsquare.payments.states import ENDED_UNPAID, PaymentState

State = AutopayCharge.State

#: The payer's bank wants to hear from the payer, who is not there.
AUTHENTICATE: Final = "authentication_required"


@retrying
def end_attempt(*, organization: Organization, charge_id: UUID, reason: str = "") -> bool:
    """Has the payment of a begun attempt ended, one way or the other? Then what follows is written, once. ``reason`` is
    why no payment could be asked for."""
    charge = _locked(organization, charge_id)
    if charge is None:
        return False
    payment = charge.payment
    if payment is None:
        if reason:
            _fail(organization, charge, reason)
        return bool(reason)
    if payment.state == PaymentState.SUCCEEDED:
        charge.state = State.CHARGED
        charge.save(update_fields=["state"])
        facts = attempt_facts(charge, charge.invoice, payment=str(payment.id))
        _tell(organization, News("autopay.charged", "invoice", charge.invoice_id, facts))
        return True
    if payment.state == PaymentState.NEEDS_ACTION:
        _fail(organization, charge, AUTHENTICATE)
        return True
    if payment.state in ENDED_UNPAID:
        if _waits(organization, charge, payment):
            _plan_anew(organization, charge, payment)
            return True
        _fail(organization, charge, payment.failure_code or "declined")
        return True
    return False


def _locked(organization: Organization, charge_id: UUID) -> AutopayCharge | None:
    found = AutopayCharge.objects.select_for_update(of=("self",), no_key=True).filter(
        organization=organization, id=charge_id, state=State.STARTED
    )
    return found.select_related("invoice", "payment").first()


def _waits(organization: Organization, charge: AutopayCharge, payment: Payment) -> bool:
    """Was nobody asked for the money, since the provider was not reached? Then that was no attempt, and the payer hears
    nothing of it. While the provider is down that holds for as long as it takes; where it counts as up, for the planned
    day, lest something that it never takes be asked for for ever."""
    if is_stopped(organization, charge.invoice_id) or agreement_of(organization, charge.customer_id) is None:
        return False
    last = PaymentAttempt.objects.filter(organization=organization, payment=payment).latest("number")
    if last.status != Status.NOT_SENT or not is_trouble(Status.NOT_SENT, last.code):
        return False
    down = GatewayAccount.objects.filter(
        organization=organization, id=payment.gateway_account_id, down_since__isnull=False
    )
    return clock.today(organization) <= charge.planned_on or down.exists()


def _plan_anew(organization: Organization, charge: AutopayCharge, payment: Payment) -> None:
    """The same attempt, as another payment. Not today where the provider was asked for an answer in vain first: what
    was on its way for so long is given a night not to arrive."""
    if payment.failure_code == NEVER_CAME:
        charge.planned_on = clock.today(organization) + timedelta(days=1)
    charge.state, charge.reason, charge.key = State.PLANNED, WAITS, key_of(new_id())
    charge.payment, charge.charged_on, charge.started_at = None, None, clock.now(None)
    charge.save(update_fields=["state", "reason", "key", "payment", "charged_on", "started_at", "planned_on"])


def _fail(organization: Organization, charge: AutopayCharge, reason: str) -> None:
    """The next attempt is written with it: it is told of in the same mail."""
    invoice, at = charge.invoice, clock.now(organization)
    charge.state, charge.reason = State.FAILED, reason[:60]
    charge.save(update_fields=["state", "reason"])
    again = _again(organization, charge, reason)
    if again is not None:
        name = new_id()
        AutopayCharge.objects.create(
            id=name,
            organization=organization,
            customer_id=charge.customer_id,
            invoice=invoice,
            number=charge.number + 1,
            key=key_of(name),
            planned_on=again,
            told_at=at,
            created_at=at,
        )
    facts = attempt_facts(
        charge,
        invoice,
        reason=reason,
        again_on=again.isoformat() if again else None,
        payment=str(charge.payment_id) if charge.payment_id else None,
    )
    _tell(organization, News("autopay.failed", "invoice", invoice.id, facts))


def _again(organization: Organization, charge: AutopayCharge, reason: str) -> date | None:
    """The day of the next attempt; none where the payer said meanwhile that they want no more."""
    if is_stopped(organization, charge.invoice_id) or agreement_of(organization, charge.customer_id) is None:
        return None
    return next_attempt(
        plan_of(organization),
        number=charge.number,
        code=reason,
        due_on=charge.invoice.due_on or charge.planned_on,
        today=clock.today(organization),
    )


def _tell(organization: Organization, news: News) -> None:
    record(organization_id=organization.id, news=[news], actor=SYSTEM, at=clock.now(organization))
