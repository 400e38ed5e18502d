"""Disputes: the payer's bank takes the money back first and asks afterwards. A fee is kept, whoever wins."""

from __future__ import annotations

from allsquare_sandbox import events, resources
from allsquare_sandbox.entries import book
from allsquare_sandbox.errors import conflict, missing
from allsquare_sandbox.records import Charge, ChargeStatus, Dispute
from allsquare_sandbox.store import Work, new_id
from allsquare_sandbox.times import instant


def open_dispute(work: Work, charge: Charge, *, reason: str) -> Dispute:
    """Take back what is left of a charge after refunds."""
    amount = charge.refundable
    if charge.status != ChargeStatus.SUCCEEDED or amount <= 0:
        raise conflict(
            "nothing_to_dispute", "Only the part of a succeeded charge that was not refunded can be disputed."
        )
    name = new_id("dp")
    fee = work.account.dispute_fee
    work.add(
        "dispute",
        id=name,
        charge_id=charge.id,
        status="open",
        amount=amount,
        fee=fee,
        currency=charge.currency,
        reason=reason,
        created_at=work.stamp,
    )
    work.db.execute("UPDATE charge SET disputed = disputed + ? WHERE id = ?", [amount, charge.id])
    book(work, "dispute", name, charge.currency, -amount, fee=fee)
    return _told(work, name, "dispute.opened")


def answer(work: Work, name: str, *, text: str, files: list[dict[str, object]]) -> dict[str, object]:
    """The merchant's evidence, taken once while the case is open and its time is not over. Kept as news."""
    dispute = get(work, name)
    if dispute.status != "open":
        raise conflict("dispute_closed", f"This dispute was {dispute.status} already.")
    if work.now >= instant(dispute.created_at) + resources.TIME_TO_ANSWER:
        raise conflict("evidence_too_late", "The time to answer this dispute is over.")
    if work.db.execute(
        "SELECT 1 FROM event WHERE account_id = ? AND object_id = ? AND kind = 'dispute.answered'",
        [work.account.id, name],
    ).fetchone():
        raise conflict("dispute_answered", "This dispute was answered already.")
    shown = {**resources.dispute(dispute), "evidence": {"text": text, "files": files}}
    events.record(work, "dispute.answered", name, shown)
    return shown


def close(work: Work, name: str, *, won: bool) -> Dispute:
    """Won by the merchant: the money comes back, the fee does not. Lost: it stays with the payer."""
    dispute = get(work, name)
    status = "won" if won else "lost"
    changed = work.db.execute(
        "UPDATE dispute SET status = ?, closed_at = ? WHERE id = ? AND status = 'open'",
        [status, work.stamp, name],
    ).rowcount
    if not changed:
        raise conflict("dispute_closed", f"This dispute was {dispute.status} already.")
    if won:
        work.db.execute(
            "UPDATE charge SET disputed = disputed - ? WHERE id = ?", [dispute.amount, dispute.charge_id]
        )
        book(work, "dispute_won", name, dispute.currency, dispute.amount)
    return _told(work, name, f"dispute.{status}")


def get(work: Work, name: str) -> Dispute:
    row = work.db.execute(
        "SELECT * FROM dispute WHERE id = ? AND account_id = ?", [name, work.account.id]
    ).fetchone()
    if row is None:
        raise missing("dispute", name)
    return Dispute.of(row)


def _told(work: Work, name: str, kind: str) -> Dispute:
    dispute = get(work, name)
    events.record(work, kind, name, resources.dispute(dispute))
    return dispute
