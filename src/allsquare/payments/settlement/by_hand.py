"""What a provider says after all of what a person had said for it. Its word counts: what it says too is no second
time, and where it says something else a person is told, or the books follow."""

from __future__ import annotations

from allsquare.core import bulk
from allsquare.core.events import Data
from allsquare.core.money import Money
from allsquare.payments.attention import (
    CAME_AFTER_ALL,
    CAME_NOT,
    CAME_OTHERWISE,
    NOT_TAKEN_IN,
    SECOND_REFUND,
)
from allsquare.payments.by_hand import TAKEN_BACK_KEYS
from allsquare.payments.gateway import SAID_BY_PERSON, DisputeStage, Outcome, Status
from allsquare.payments.models import Dispute, Refund
from allsquare.payments.resolving import resolve, still_open
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.settlement.locked import LockedPayment
from allsquare.payments.states import DisputeState, PaymentState, RefundState

#: Which ends of requests say that no money moved.
_CAME_TO_NOTHING = (Status.DECLINED, Status.NOT_SENT)

#: Not what a person said of a refund that was asked of the provider.
_TAKEN_BACK = """
    SELECT id, amount_minor FROM refund
    WHERE organization_id = %s AND payment_id = %s AND by_hand AND state = 'succeeded' AND reference IS NULL
        AND starts_with(key, %s)
    ORDER BY id LIMIT 1"""


def is_said(payment: LockedPayment) -> bool:
    """Did a person say that it came, and the provider nothing yet?"""
    return payment.state is PaymentState.SUCCEEDED and payment.failure_code == SAID_BY_PERSON


def hear_of_payment(batch: Batch, payment: LockedPayment, outcome: Outcome) -> None:
    """Of one that came as a person said. It is booked, so news of the same attempt under whatever name is no second
    charge: it is what the person saw."""
    facts: Data = {"provider": str(batch.account), "charge": outcome.reference, "currency": payment.currency}
    if outcome.status in _CAME_TO_NOTHING and payment.captured_minor > payment.refunded_minor:
        batch.raise_attention(
            CAME_NOT, "payment", payment.id, {**facts, "amount_minor": payment.captured_minor}
        )
    if outcome.status is not Status.SUCCEEDED:
        return
    payment.reference = outcome.reference or payment.reference
    payment.failure_code = payment.failure_message = ""
    if outcome.method:
        payment.method_brand, payment.method_last_four = outcome.method.brand, outcome.method.last_four
    payment.changed = True
    told: Data = {"amount_minor": payment.captured_minor, "currency": payment.currency}
    batch.tell("payment.confirmed", "payment", payment.id, told)
    batch.news.extend(resolve(still_open(batch.organization, payment.id, CAME_NOT), at=batch.now))
    more = _more(outcome.amount, payment.captured_minor) - _more(outcome.fee, payment.fee_minor)
    # What it converted into its account's currency stands here in the payment's: a person puts that right too.
    if more or _more(outcome.amount, payment.captured_minor) or outcome.converted:
        batch.raise_attention(CAME_OTHERWISE, "payment", payment.id, {**facts, "amount_minor": more})
    for _id, amount in bulk.run(_TAKEN_BACK, [batch.organization.id, payment.id, TAKEN_BACK_KEYS]):
        batch.raise_attention(CAME_AFTER_ALL, "payment", payment.id, {**facts, "amount_minor": amount})


def hear_that_it_did_not_come(batch: Batch, payment: LockedPayment, outcome: Outcome) -> None:
    """Where a person said so, the provider says it too: nobody corrects it any more."""
    said = payment.state is PaymentState.FAILED and payment.failure_code == SAID_BY_PERSON
    if not said or outcome.status not in _CAME_TO_NOTHING or outcome.code == SAID_BY_PERSON:
        return
    payment.failure_code, payment.failure_message, payment.changed = outcome.code, outcome.message, True
    facts: Data = {"amount_minor": payment.amount_minor, "currency": payment.currency}
    batch.tell("payment.confirmed_not_come", "payment", payment.id, facts)


def _more(said: Money | None, known: int) -> int:
    """What the provider says beyond what is known here; nothing where it does not say."""
    return 0 if said is None else said.minor - known


def hear_of_refund(batch: Batch, refund: Refund, payment: LockedPayment, outcome: Outcome) -> bool:
    """Of one that ended as a person said. Is that all? Else the provider says the other, and is believed as ever."""
    old = RefundState(refund.state)
    went = outcome.status is Status.SUCCEEDED
    if not went and outcome.status not in _CAME_TO_NOTHING:
        return True
    refund.by_hand = False
    facts: Data = {"provider": str(batch.account), "charge": outcome.reference}
    facts |= {"amount_minor": refund.amount_minor, "currency": refund.currency}
    if went is (old is RefundState.SUCCEEDED):
        refund.reference = outcome.reference or refund.reference
        if went and outcome.fee is not None and (more := -outcome.fee.minor - refund.fee_returned_minor):
            batch.raise_attention(CAME_OTHERWISE, "refund", refund.id, {**facts, "amount_minor": more})
        batch.tell("refund.confirmed", "refund", refund.id, {**facts, "payment": str(payment.id)})
    elif went and refund.settled_at is not None:  # it has its two entries, and there is no third
        batch.raise_attention(NOT_TAKEN_IN, "refund", refund.id, facts)
    elif went and _is_given_otherwise(payment, refund):
        batch.raise_attention(SECOND_REFUND, "refund", refund.id, facts)
    else:
        return False
    refund.save(update_fields=["by_hand", "reference"])
    return True


def _is_given_otherwise(payment: LockedPayment, refund: Refund) -> bool:
    """Was its sum given back by another refund, since this one had not gone?"""
    gone = payment.refunded_minor + payment.refunding_minor
    return payment.captured_minor < gone + refund.amount_minor


def hear_of_dispute(batch: Batch, dispute: Dispute, payment: LockedPayment, outcome: Outcome) -> None:
    """Who said its end is kept: a person, or the provider, which may say another sum than the person did."""
    said = outcome.code == SAID_BY_PERSON
    lost = dispute.state == DisputeState.LOST and outcome.dispute_stage is DisputeStage.LOST
    if dispute.by_hand and not said and lost and _more(outcome.amount, dispute.amount_minor):
        facts: Data = {"provider": str(batch.account), "charge": dispute.reference}
        facts |= {"amount_minor": dispute.amount_minor, "currency": payment.currency}
        batch.raise_attention(NOT_TAKEN_IN, "dispute", dispute.id, facts)
    if dispute.by_hand != said:
        dispute.by_hand = said
        dispute.save(update_fields=["by_hand"])
