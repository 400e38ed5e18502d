"""A colleague says what became of a payment whose provider does not: it came, or it did not."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.checks import cleaned
from allsquare.core.events import Data
from allsquare.core.idempotency import Answer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments import by_hand
from allsquare.payments.arrivals import check_amount, check_arrival
from allsquare.payments.by_hand import Came
from allsquare.payments.errors import HasEnded, InvalidPayment, OutcomeContradicts
from allsquare.payments.gateway import SAID_BY_PERSON, Outcome, Status, Subject
from allsquare.payments.left_open import payment_left_since
from allsquare.payments.models import Payment, PaymentAttempt
from allsquare.payments.needless import close_needless, needless_pages
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.hear import hear
from allsquare.payments.services.settle import settle
from allsquare.payments.settlement.locked import lock
from allsquare.payments.states import OPEN, PaymentState

S = PaymentState

#: Signs of a provider's name of a charge.
LONGEST_NAME = 120


def end_payment_by_hand(
    *, organization: Organization, payment_id: UUID, came: Came | None, reason: str, key: str, actor: Actor
) -> Payment:
    """What a colleague saw at the provider: the payment ``came``, or (``None``) it did not, and why they know. It goes
    through the door like the provider's own word, which is asked for once more first, outside any transaction. Where
    it comes, then or later, it counts.

    One that did not come as a colleague said may be said to have come; of the other way see ``take_back_by_hand``.
    The same ``key`` again changes nothing. Raises ``PaymentUnknown``, ``NotLeftOpen``, ``ProviderAnswers``,
    ``HasEnded``, ``InvalidPayment``, and what booking raises.
    """
    require(organization, actor, Permission.RECORD_PAYMENTS)
    reason = by_hand.checked_reason(reason)
    payment = get_payment(organization, payment_id)
    if came is not None:
        _check(organization, payment, came)
    given = {"payment": payment_id, "reason": reason, "came": _plain(came)}
    try:
        by_hand.enter(
            organization=organization,
            operation="payment.end_by_hand",
            key=key,
            given=given,
            before=partial(_ask, organization, payment, came),
            work=partial(_end, organization, payment_id, came, reason, actor),
        )
    except OutcomeContradicts as error:
        raise _taken() from error
    payment.refresh_from_db()
    if came is not None and payment.invoice_id:
        close_needless(organization, needless_pages(organization, payment.invoice_id))
    return payment


def _check(organization: Organization, payment: Payment, came: Came) -> None:
    check_amount(came.amount)
    if {came.amount.currency.code, came.fee.currency.code} != {payment.currency}:
        raise InvalidPayment(
            _("This payment was made in %(currency)s.") % {"currency": payment.currency}, field="amount"
        )
    if not 0 <= came.fee.minor <= came.amount.minor:
        raise InvalidPayment(
            _("The fee is a part of the amount: enter what the provider kept of it."), field="fee"
        )
    check_arrival(organization, came.amount, came.received_on)
    name = came.reference
    if name and cleaned(name, LONGEST_NAME) != name:
        raise InvalidPayment(_("Enter the name as it stands at the provider."), field="reference")
    if name and payment.reference and name != payment.reference:
        raise InvalidPayment(
            _("The provider calls this payment %(name)s. Leave the field as it is.")
            % {"name": payment.reference},
            field="reference",
        )
    others = Payment.objects.filter(
        organization=organization, gateway_account=payment.gateway_account_id, reference=name
    )
    if name and others.exclude(id=payment.id).exists():
        raise _taken()


def _taken() -> InvalidPayment:
    return InvalidPayment(
        _("This is what the provider calls another payment of yours. Look at it there again."),
        field="reference",
    )


def _plain(came: Came | None) -> object:
    return came and [came.amount.plain, came.fee.plain, came.received_on, came.reference]


def _ask(organization: Organization, payment: Payment, came: Came | None) -> None:
    """Raises ``NotLeftOpen``, ``ProviderAnswers``."""
    account = payment.gateway_account
    corrects = by_hand.is_said_of_payment(payment) and (came is not None) is (payment.state == S.FAILED)
    if corrects:
        by_hand.or_silence(partial(_hear, organization, payment))
        answer = None
    else:
        by_hand.check_left_open(payment_left_since(payment), now=clock.now(organization))
        answer = by_hand.or_silence(lambda: check_payment(organization=organization, payment=payment))
    before = payment.state
    payment.refresh_from_db()
    ended = payment.state != before and payment.state not in OPEN
    if ended or (corrects and not by_hand.is_said_of_payment(payment)):
        raise by_hand.says_otherwise(account, S(payment.state).label)
    if answer not in (None, Status.UNKNOWN):
        raise by_hand.goes_on_there(account)


def _hear(organization: Organization, payment: Payment) -> None:
    attempt = PaymentAttempt.objects.filter(organization=organization, payment=payment).latest("number")
    hear(
        organization=organization,
        account=payment.gateway_account,
        key=attempt.id,
        reference=payment.reference or "",
        subject=Subject.CHARGE,
    )


def _end(
    organization: Organization, payment_id: UUID, came: Came | None, reason: str, actor: Actor
) -> Answer:
    payment = get_payment(organization, payment_id)
    account = payment.gateway_account
    # Whoever was faster, a colleague or the provider, is waited for: then it has ended.
    now = lock(organization=organization, account=account, payment_ids=[payment_id]).payments[payment_id]
    corrects = came is not None and now.state is S.FAILED and now.failure_code == SAID_BY_PERSON
    if now.state not in OPEN and not corrects:
        raise HasEnded(_("It has ended meanwhile. Look at what it says now."))
    attempt = PaymentAttempt.objects.filter(organization=organization, payment=payment).latest("number")
    told = Outcome(
        Subject.CHARGE,
        Status.DECLINED if came is None else Status.SUCCEEDED,
        payment.gateway,
        key=attempt.id,
        reference=payment.reference or (came.reference if came else ""),
        amount=came.amount if came else None,
        fee=came.fee if came else None,
        received_on=came.received_on if came else None,
        code=SAID_BY_PERSON,
        message=by_hand.ENTERED,
    )
    settle(organization=organization, gateway_account=account, outcomes=[told], actor=actor)
    facts: Data = {
        "invoice": str(payment.invoice_id) if payment.invoice_id else None,
        "customer": str(payment.customer_id),
        "amount_minor": came.amount.minor if came else payment.amount_minor,
        "currency": payment.currency,
        "reason": reason,
        "named": "" if payment.reference or came is None else came.reference,
    }
    said = "came_by_hand" if came else "not_come_by_hand"
    by_hand.tell(organization, ("payment", payment_id), said, facts, actor)
    return {"payment": str(payment_id)}
