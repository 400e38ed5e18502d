"""Refunds, full or in parts, never above what is left of the charge. A pending refund already counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from allsquare_sandbox import charges, events, resources
from allsquare_sandbox.cards import SCENARIOS, Aftermath
from allsquare_sandbox.entries import book
from allsquare_sandbox.errors import conflict, invalid, missing
from allsquare_sandbox.records import Charge, ChargeStatus, Refund
from allsquare_sandbox.store import Work, new_id
from allsquare_sandbox.times import stamp

FAILURE = ("refund_failed", "The payer's bank sent the refund back.")


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """A checked request. ``amount`` in minor units of the charge's currency."""

    charge: str
    amount: int
    currency: str
    reason: str
    metadata: Mapping[str, str]
    idempotency_key: str


def create(work: Work, order: RefundOrder) -> Refund:
    """Give money back, at once unless the test card is there to make refunds fail a day later."""
    charge = charges.get(work, order.charge)
    _check(charge, order)
    later = SCENARIOS[charge.scenario].aftermath is Aftermath.REFUNDS_FAIL
    name = new_id("re")
    work.add(
        "refund",
        id=name,
        charge_id=charge.id,
        status="pending",
        amount=order.amount,
        currency=charge.currency,
        reason=order.reason,
        metadata=json.dumps(dict(order.metadata), sort_keys=True),
        attempt=order.metadata.get("attempt", ""),
        idempotency_key=order.idempotency_key,
        created_at=work.stamp,
        due_at=stamp(work.now + timedelta(days=1)) if later else "",
    )
    work.db.execute("UPDATE charge SET refunded = refunded + ? WHERE id = ?", [order.amount, charge.id])
    if later:
        return _told(work, name)
    return settle(work, name)


def get(work: Work, name: str) -> Refund:
    row = work.db.execute(
        "SELECT * FROM refund WHERE id = ? AND account_id = ?", [name, work.account.id]
    ).fetchone()
    if row is None:
        raise missing("refund", name)
    return Refund.of(row)


def settle(work: Work, name: str) -> Refund:
    """The money went out."""
    refund = get(work, name)
    if refund.status != "pending":
        raise conflict("refund_not_pending", f"This refund has {refund.status} already.")
    work.db.execute("UPDATE refund SET status = 'succeeded', due_at = '' WHERE id = ?", [name])
    book(work, "refund", name, refund.currency, -refund.amount)
    return _told(work, name)


def fail(work: Work, name: str) -> Refund:
    """The payer's bank sent it back: possible while pending and also later, as in life. The money is the
    merchant's again."""
    refund = get(work, name)
    if refund.status == "failed":
        raise conflict("refund_not_pending", "This refund has failed already.")
    work.db.execute(
        "UPDATE refund SET status = 'failed', due_at = '', failure_code = ?, failure_message = ?"
        " WHERE id = ?",
        [*FAILURE, name],
    )
    work.db.execute(
        "UPDATE charge SET refunded = refunded - ? WHERE id = ?", [refund.amount, refund.charge_id]
    )
    if refund.status == "succeeded":
        book(work, "refund_failed", name, refund.currency, refund.amount)
    return _told(work, name)


def _check(charge: Charge, order: RefundOrder) -> None:
    if charge.status != ChargeStatus.SUCCEEDED:
        raise conflict(
            "charge_not_refundable", f"This charge is {charge.status}; only a succeeded one can be refunded."
        )
    if order.currency != charge.currency:
        raise invalid(
            "currency", "currency_mismatch", f"The charge is in {charge.currency}, not {order.currency}."
        )
    if order.amount > charge.refundable:
        raise invalid(
            "amount",
            "refund_exceeds_charge",
            f"Only {charge.refundable} of this charge can still be refunded.",
        )


def _told(work: Work, name: str) -> Refund:
    refund = get(work, name)
    events.record(work, f"refund.{refund.status}", name, resources.refund(refund))
    return refund
