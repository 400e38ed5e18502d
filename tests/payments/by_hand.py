"""What tests of ends that people enter have in common."""

from __future__ import annotations

from datetime import timedelta

from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.by_hand import Came
from allsquare.payments.gateway import DisputeStage, Outcome, Status, Subject
from allsquare.payments.models import Dispute, Payment, PaymentAttempt, Refund
from allsquare.payments.services.end_dispute_by_hand import end_dispute_by_hand
from allsquare.payments.services.end_payment_by_hand import end_payment_by_hand
from allsquare.payments.services.end_refund_by_hand import end_refund_by_hand
from allsquare.payments.services.refund import refund
from allsquare.payments.services.take_back_by_hand import take_back_by_hand
from tests.payments.flows import take
from tests.payments.makers import ScriptedGateway, a_key, charge, dispute_outcome, eur, refund_outcome

NO_CHARGE = charge(Status.UNKNOWN, code="no_answer")
NO_REFUND = refund_outcome(Status.UNKNOWN, code="no_answer")
NO_CASE = Outcome(Subject.DISPUTE, Status.UNKNOWN, "scripted", code="no_answer")


def days_go_by(organization: Organization, days: float) -> None:
    organization.clock_offset += timedelta(days=days)
    organization.save(update_fields=["clock_offset"])


def came_with(minor: int, fee: int = 0, *, reference: str = "") -> Came:
    return Came(eur(minor), eur(fee), None, reference)


def end_payment(
    payment: Payment,
    came: Came | None,
    *,
    answer: Outcome | None = NO_CHARGE,
    key: str = "",
    reason: str = "Their support says so.",
    actor: Actor = SYSTEM,
) -> Payment:
    """``answer`` is what the provider says when it is asked first; ``None`` where it is not asked."""
    if answer is not None:
        ScriptedGateway.lookups.append(answer)
    return end_payment_by_hand(
        organization=payment.organization,
        payment_id=payment.id,
        came=came,
        reason=reason,
        key=key or a_key(),
        actor=actor,
    )


def take_back(
    payment: Payment, *, answer: Outcome | None = NO_CHARGE, key: str = "", actor: Actor = SYSTEM
) -> Payment:
    if answer is not None:
        ScriptedGateway.lookups.append(answer)
    return take_back_by_hand(
        organization=payment.organization,
        payment_id=payment.id,
        reason="It was another one.",
        key=key or a_key(),
        actor=actor,
    )


def end_refund(
    refund: Refund,
    went: bool,
    *,
    answer: Outcome | None = NO_REFUND,
    key: str = "",
    reason: str = "Their support says so.",
    actor: Actor = SYSTEM,
) -> Refund:
    if answer is not None:
        ScriptedGateway.lookups.append(answer)
    return end_refund_by_hand(
        organization=refund.organization,
        refund_id=refund.id,
        went=went,
        reason=reason,
        key=key or a_key(),
        actor=actor,
    )


def end_dispute(
    dispute: Dispute,
    lost: Money | None,
    *,
    answer: Outcome | None = None,
    key: str = "",
    reason: str = "Their support says so.",
    actor: Actor = SYSTEM,
) -> Dispute:
    ScriptedGateway.lookups.append(answer or NO_CASE)
    return end_dispute_by_hand(
        organization=dispute.organization,
        dispute_id=dispute.id,
        lost=lost,
        reason=reason,
        key=key or a_key(),
        actor=actor,
    )


def attempt_of(payment: Payment) -> PaymentAttempt:
    return PaymentAttempt.objects.get(organization=payment.organization, payment=payment)


def news_of(payment: Payment, status: Status = Status.SUCCEEDED, **more: object) -> Outcome:
    """What the provider says after all, by our key."""
    return charge(status, key=attempt_of(payment).id, **more)


def hear(payment: Payment, status: Status = Status.SUCCEEDED, **more: object) -> None:
    take(payment.gateway_account, news_of(payment, status, **more))
    payment.refresh_from_db()


def refunding(payment: Payment, minor: int, *, reference: str = "") -> Refund:
    """A refund of which the provider says no end."""
    pending = refund_outcome(Status.PENDING, reference=reference)
    ScriptedGateway.answers.append(pending if reference else NO_REFUND)
    return refund(
        organization=payment.organization,
        payment_id=payment.id,
        amount=eur(minor),
        reason="returned",
        key=a_key(),
        actor=SYSTEM,
    )


def hear_of_refund(refund: Refund, status: Status = Status.SUCCEEDED, **more: object) -> None:
    more = {"key": refund.id, "charge_reference": refund.payment.reference or "", **more}
    take(refund.payment.gateway_account, refund_outcome(status, **more))
    refund.refresh_from_db()


def disputed(payment: Payment, minor: int = 4000) -> Dispute:
    hear_of_case(payment, DisputeStage.OPENED, minor)
    return Dispute.objects.get(organization=payment.organization)


def hear_of_case(payment: Payment, stage: DisputeStage, minor: int = 4000, *, current: bool = False) -> None:
    news = dispute_outcome(
        stage, reference="dp_1", amount=eur(minor), fee=eur(1500), charge_reference=payment.reference
    )
    take(payment.gateway_account, news, current=current)
