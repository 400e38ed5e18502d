"""Where a provider and these books do not say the same of one object. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from allsquare.core.money import Money
from allsquare.payments.gateway import SAID_BY_PERSON, DisputeStage, Outcome, Status, Subject
from allsquare.payments.models import Difference, Dispute, Payment, Payout, Refund
from allsquare.payments.states import ENDED_UNPAID, DisputeState, PaymentState, PayoutState, RefundState

Kind = Difference.Kind

#: What our states and a provider's come to: who waits for the payer, whatever it is called, waits.
WAITING: Final = "waiting"
ENDED: Final = "ended"

_CHARGES: Final[Mapping[Status, str]] = {
    Status.SUCCEEDED: PaymentState.SUCCEEDED,
    Status.PENDING: PaymentState.PENDING,
    Status.ACTION_REQUIRED: WAITING,
    Status.DECLINED: ENDED,
    Status.NOT_SENT: ENDED,
}
_REFUNDS: Final[Mapping[Status, str]] = {
    Status.SUCCEEDED: RefundState.SUCCEEDED,
    Status.PENDING: RefundState.PENDING,
    Status.ACTION_REQUIRED: RefundState.PENDING,
    Status.DECLINED: RefundState.FAILED,
}
_DISPUTES: Final[Mapping[DisputeStage | None, str]] = {
    DisputeStage.OPENED: DisputeState.OPENED,
    DisputeStage.WON: DisputeState.WON,
    DisputeStage.LOST: DisputeState.LOST,
}
_PAYOUTS: Final[Mapping[Status, str]] = {
    Status.SUCCEEDED: PayoutState.PAID,
    Status.DECLINED: PayoutState.FAILED,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one side says of an object. ``None`` is what it does not say; ``items`` is what a payout contains. Of
    ``nothing`` no money came or went: whoever does not know it misses nothing."""

    state: str
    amount_minor: int | None = None
    fee_minor: int | None = None
    currency: str = ""
    items: Mapping[str, int] | None = None
    nothing: bool = False

    def facts(self) -> dict[str, str | int | None]:
        """As it is kept beside a difference."""
        told = {"state": self.state, "amount_minor": self.amount_minor, "fee_minor": self.fee_minor}
        return {**told, "currency": self.currency}


def said_by_provider(outcome: Outcome) -> Said | None:
    """``None`` for what cannot be compared: it could not be read, or has not happened yet."""
    amount, fee = outcome.amount, outcome.fee
    if outcome.subject is Subject.CHARGE:
        state = _CHARGES.get(outcome.status)
        if state == PaymentState.SUCCEEDED:
            return _said(state, amount, fee)
        return Said(state, nothing=state == ENDED) if state else None
    if outcome.subject is Subject.REFUND:
        state = _REFUNDS.get(outcome.status)
        returned = -fee if fee is not None and state == RefundState.SUCCEEDED else None
        nothing = state == RefundState.FAILED
        return _said(state, amount, returned, nothing=nothing) if state else None
    if outcome.subject is Subject.DISPUTE:
        state = _DISPUTES.get(outcome.dispute_stage)
        return _said(state, None if state == DisputeState.WON else amount, fee) if state else None
    if outcome.subject is Subject.PAYOUT:
        state = _PAYOUTS.get(outcome.status)
        items = {item.reference: item.net_minor for item in outcome.payout_items} or None
        nothing = outcome.code == "canceled"
        return _said(state, amount, fee, items, nothing=nothing) if state else None
    return None


def said_here_of_payment(payment: Payment) -> Said:
    state = PaymentState(payment.state)
    if state is PaymentState.SUCCEEDED:
        said = payment.failure_code == SAID_BY_PERSON  # whatever the provider has of it is more than that
        return Said(
            SAID_BY_PERSON if said else state, payment.captured_minor, payment.fee_minor, payment.currency
        )
    if state is PaymentState.PENDING:
        return Said(state)
    return Said(ENDED if state in ENDED_UNPAID else WAITING)


def said_here_of_refund(refund: Refund) -> Said:
    state = RefundState(refund.state)
    if state in (RefundState.STARTED, RefundState.UNKNOWN):
        return Said(WAITING, refund.amount_minor, currency=refund.currency)
    went = state is RefundState.SUCCEEDED
    fee = refund.fee_returned_minor if went else None
    return Said(
        SAID_BY_PERSON if went and refund.by_hand else state, refund.amount_minor, fee, refund.currency
    )


def said_here_of_dispute(dispute: Dispute) -> Said:
    """Of one that was won all is home. What it was about last may be a part here and the whole there, when it was lost
    in part before."""
    if dispute.state == DisputeState.WON:
        return Said(dispute.state, None, dispute.fee_minor)
    return Said(dispute.state, dispute.amount_minor, dispute.fee_minor, dispute.currency)


def said_here_of_payout(payout: Payout, items: Mapping[str, int] | None) -> Said:
    return Said(payout.state, payout.net_minor, payout.fee_minor, payout.currency, items)


def differences(ours: Said | None, theirs: Said | None) -> list[Difference.Kind]:
    """Every way in which they differ; none where one of them does not say."""
    if theirs is None:
        return []
    if ours is None:
        return [] if theirs.nothing else [Kind.MISSING_HERE]
    found = [Kind.STATE] if ours.state != theirs.state else []
    if _differ(ours.amount_minor, theirs.amount_minor) or (
        ours.currency and theirs.currency and ours.currency != theirs.currency
    ):
        found.append(Kind.AMOUNT)
    if _differ(ours.fee_minor, theirs.fee_minor):
        found.append(Kind.FEE)
    if ours.items is not None and theirs.items is not None and ours.items != theirs.items:
        found.append(Kind.CONTENTS)
    return found


def _differ(ours: int | None, theirs: int | None) -> bool:
    return ours is not None and theirs is not None and ours != theirs


def _said(
    state: str,
    amount: Money | None,
    fee: Money | None,
    items: Mapping[str, int] | None = None,
    *,
    nothing: bool = False,
) -> Said:
    return Said(
        state,
        None if amount is None else amount.minor,
        None if fee is None else fee.minor,
        "" if amount is None else amount.currency.code,
        items,
        nothing,
    )
