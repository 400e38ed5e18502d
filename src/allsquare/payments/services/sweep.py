"""What nobody tells us we ask for: open payments and refunds are looked up at the provider on a plan of times."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F, QuerySet

from allsquare.core import clock, failpoints
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.payments.asking import ask_refund
from allsquare.payments.at_once import Patience
from allsquare.payments.flowing import others_flow_on
from allsquare.payments.gateway import Capability, Outcome, Status, Subject
from allsquare.payments.models import GatewayAccount, Payment, Refund
from allsquare.payments.plan import LONG, UNDECIDED, next_check
from allsquare.payments.registry import adapter
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.hasten_checks import hasten_checks
from allsquare.payments.services.settle import settle


def sweep(
    *, organization: Organization, gateway_account: GatewayAccount | None = None, limit: int = 100
) -> int:
    """Ask about what is due at one account, or at all of them; returns how many objects were asked about.

    Each row is claimed by moving its next check, so that two sweepers do not ask twice; the provider is called
    outside any transaction. What cannot be asked about or taken in is logged and stays due on its plan, and the
    rest flows on. An account that answers slowly, or not at all, has a short time for its payments and one for its
    refunds, which else would never come to their turn, and the rest stays due for the next round. An answer after a
    long silence says that its provider is back, whoever else knows of it: all that is unknown there is asked about
    soon. The system does this by itself, so no actor is asked for.
    """
    count, patience = 0, Patience()
    back: set[UUID] = set()
    for payment in _due_payments(organization, gateway_account, limit):
        account_id = payment.gateway_account_id
        if not patience.is_over(account_id) and _claim_payment(organization, payment):
            silent = _was_silent(payment)
            failpoints.reached("sweep.payment_claimed")
            with others_flow_on("payment", payment.id), patience.spent_on(account_id):
                check_payment(organization=organization, payment=payment)
            count += 1
            if silent and _is_known(Payment, organization, payment.id):
                back.add(account_id)
    patience = Patience()
    for refund in _due_refunds(organization, gateway_account, limit):
        account_id = refund.payment.gateway_account_id
        if not patience.is_over(account_id) and _claim_refund(organization, refund):
            silent = _was_silent(refund)
            failpoints.reached("sweep.refund_claimed")
            with others_flow_on("refund", refund.id), patience.spent_on(account_id):
                _check_refund(organization, refund)
            count += 1
            if silent and _is_known(Refund, organization, refund.id):
                back.add(account_id)
    for account_id in back:
        hasten_checks(organization=organization, account_id=account_id)
    return count


def _was_silent(due: Payment | Refund) -> bool:
    return due.checks >= LONG and due.state in UNDECIDED


def _is_known(model: type[Payment | Refund], organization: Organization, subject_id: UUID) -> bool:
    unknown = model.objects.filter(organization=organization, id=subject_id, state__in=UNDECIDED)
    return not unknown.exists()


def _check_refund(organization: Organization, refund: Refund) -> None:
    account = refund.payment.gateway_account
    speaker = adapter(account)
    outcome = Outcome(Subject.REFUND, Status.NOT_SENT, account.gateway, key=refund.id)
    if Capability.LOOKUP in speaker.capabilities:
        outcome = speaker.look_up(key=refund.id, reference=refund.reference or "", subject=Subject.REFUND)
    failpoints.reached("sweep.refund_looked_up")
    if outcome.status is Status.NOT_SENT:
        ask_refund(organization=organization, refund=refund, actor=SYSTEM)
        return
    settle(organization=organization, gateway_account=account, outcomes=[outcome], actor=SYSTEM)


def _due_payments(
    organization: Organization, account: GatewayAccount | None, limit: int
) -> QuerySet[Payment]:
    due = Payment.objects.filter(organization=organization, next_check_at__lte=clock.now(None))
    mine = due if account is None else due.filter(gateway_account=account)
    return mine.select_related("gateway_account").order_by("next_check_at", "id")[:limit]


def _due_refunds(organization: Organization, account: GatewayAccount | None, limit: int) -> QuerySet[Refund]:
    due = Refund.objects.filter(organization=organization, next_check_at__lte=clock.now(None))
    mine = due if account is None else due.filter(payment__gateway_account=account)
    return mine.select_related("payment__gateway_account").order_by("next_check_at", "id")[:limit]


def _claim_payment(organization: Organization, payment: Payment) -> bool:
    """Move the next check, if it still stands where it was read."""
    later = next_check(payment.state, checks=payment.checks + 1, now=clock.now(None))
    mine = Payment.objects.filter(
        organization=organization, id=payment.id, next_check_at=payment.next_check_at
    )
    return mine.update(next_check_at=later, checks=F("checks") + 1) == 1


def _claim_refund(organization: Organization, refund: Refund) -> bool:
    """As for payments."""
    later = next_check(refund.state, checks=refund.checks + 1, now=clock.now(None))
    mine = Refund.objects.filter(organization=organization, id=refund.id, next_check_at=refund.next_check_at)
    return mine.update(next_check_at=later, checks=F("checks") + 1) == 1
