"""A colleague had said that a payment came, and it did not: what it paid is open again."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.events import Data
from allsquare.core.idempotency import Answer, input_hash
from allsquare.core.models import Event
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments import by_hand
from allsquare.payments.errors import HasEnded, NotLeftOpen
from allsquare.payments.gateway import TAKEN_BACK, Outcome, Status, Subject
from allsquare.payments.models import Payment, PaymentAttempt, Refund
from allsquare.payments.plan import next_check
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.hear import hear
from allsquare.payments.services.settle import settle
from allsquare.payments.settlement.locked import lock
from allsquare.payments.states import RefundState


def take_back_by_hand(
    *, organization: Organization, payment_id: UUID, reason: str, key: str, actor: Actor
) -> Payment:
    """All that is left of it goes back, as a refund of which no provider hears and the payer neither; the fee that was
    entered with it goes too. Only while the provider did not say itself that the payment came: it is asked first.

    The same ``key`` again changes nothing. Raises ``PaymentUnknown``, ``NotLeftOpen``, ``ProviderAnswers``,
    ``HasEnded``, ``InvalidPayment``.
    """
    require(organization, actor, Permission.RECORD_PAYMENTS)
    reason = by_hand.checked_reason(reason)
    payment = get_payment(organization, payment_id)
    given = {"payment": payment_id, "reason": reason}
    by_hand.enter(
        organization=organization,
        operation="payment.take_back_by_hand",
        key=key,
        given=given,
        before=partial(_ask, organization, payment),
        work=partial(_take_back, organization, payment_id, reason, key, actor),
    )
    payment.refresh_from_db()
    return payment


def _ask(organization: Organization, payment: Payment) -> None:
    if not _is_said_to_have_come(payment):
        raise NotLeftOpen(_("Nobody entered by hand that this payment came, or the provider says so itself."))
    attempt = PaymentAttempt.objects.filter(organization=organization, payment=payment).latest("number")
    by_hand.or_silence(
        lambda: hear(
            organization=organization,
            account=payment.gateway_account,
            key=attempt.id,
            reference=payment.reference or "",
            subject=Subject.CHARGE,
        )
    )
    payment.refresh_from_db()
    if not by_hand.is_said_of_payment(payment):
        raise by_hand.says_otherwise(payment.gateway_account, _("it came"))


def _entered(organization: Organization, payment_id: UUID) -> Event:
    """The latest time that a person said so."""
    said = Event.objects.filter(
        organization_id=organization.id, subject_id=payment_id, kind="payment.came_by_hand"
    )
    return said.latest("id")


def _is_said_to_have_come(payment: Payment) -> bool:
    return by_hand.is_said_of_payment(payment) and bool(payment.captured_minor)


def _take_back(organization: Organization, payment_id: UUID, reason: str, key: str, actor: Actor) -> Answer:
    account = get_payment(organization, payment_id).gateway_account
    lock(organization=organization, account=account, payment_ids=[payment_id]).payments  # noqa: B018  # waits for it
    payment = get_payment(organization, payment_id)
    left = payment.left_minor
    if not _is_said_to_have_come(payment) or not left:
        raise HasEnded(_("Nothing of it is left to be taken back. Look at what it says now."))
    at, unit = clock.now(organization), currency(payment.currency)
    went = Refund.objects.filter(
        organization=organization, payment=payment, state=RefundState.SUCCEEDED
    ).aggregate(fees=Sum("fee_returned_minor"))
    # A name that was entered with it may be another's, whose news it would be in the way of.
    typed = _entered(organization, payment_id).data.get("named")
    Payment.objects.filter(organization=organization, id=payment_id).update(
        refunding_minor=payment.refunding_minor + left,
        reference=None if typed == payment.reference else payment.reference,
    )
    made = Refund.objects.create(
        organization=organization,
        payment=payment,
        currency=payment.currency,
        amount_minor=left,
        key=f"{by_hand.TAKEN_BACK_KEYS}{key}"[:200],
        input_hash=input_hash({"payment": payment_id, "reason": reason}),
        reason=reason,
        created_at=at,
        next_check_at=next_check(RefundState.STARTED, checks=0, now=clock.now(None)),
    )
    told = Outcome(
        Subject.REFUND,
        Status.SUCCEEDED,
        payment.gateway,
        key=made.id,
        amount=Money(left, unit),
        fee=Money((went["fees"] or 0) - payment.fee_minor, unit),
        code=TAKEN_BACK,
        charge_reference=payment.reference or "",
    )
    settle(organization=organization, gateway_account=account, outcomes=[told], actor=actor)
    facts: Data = {
        "customer": str(payment.customer_id),
        "amount_minor": left,
        "currency": payment.currency,
        "reason": reason,
    }
    by_hand.tell(organization, ("payment", payment_id), "taken_back_by_hand", facts, actor)
    return {"refund": str(made.id)}
