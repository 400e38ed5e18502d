"""Readers of cards in the merchant's shop: which there are, and whether one can be woken up."""

from __future__ import annotations

from datetime import timedelta

from allsquare_sandbox.errors import ApiError, invalid, missing
from allsquare_sandbox.records import ChargeStatus, Reader
from allsquare_sandbox.store import Work, new_id

WAITS = timedelta(minutes=5)
"""How long a reader waits for a card."""
FIRST = ("Front desk", "Second till")
"""What every account begins with."""


def every(work: Work) -> list[Reader]:
    """As :func:`known`; an account of before there were any gets its first ones."""
    if not known(work):
        for label in FIRST:
            add(work, label)
    return known(work)


def known(work: Work) -> list[Reader]:
    """In the order in which they came."""
    rows = work.db.execute("SELECT * FROM reader WHERE account_id = ? ORDER BY seq", [work.account.id])
    return [Reader.of(row) for row in rows]


def add(work: Work, label: str) -> Reader:
    name = new_id("rd")
    work.add("reader", id=name, label=label, online=1, created_at=work.stamp)
    return get(work, name)


def get(work: Work, name: str) -> Reader:
    row = work.db.execute(
        "SELECT * FROM reader WHERE id = ? AND account_id = ?", [name, work.account.id]
    ).fetchone()
    if row is None:
        raise missing("reader", name)
    return Reader.of(row)


def plug(work: Work, name: str, *, online: bool) -> Reader:
    """Somebody plugs it in, or out. What it waits for, it waits for."""
    work.db.execute(
        "UPDATE reader SET online = ? WHERE id = ? AND account_id = ?", [online, name, work.account.id]
    )
    return get(work, name)


def busy_with(work: Work, name: str) -> str:
    """The charge that it waits for; "" for none."""
    row = work.db.execute(
        "SELECT id FROM charge WHERE account_id = ? AND reader = ? AND status = ?",
        [work.account.id, name, ChargeStatus.REQUIRES_ACTION],
    ).fetchone()
    return str(row["id"]) if row else ""


def check(work: Work, name: str) -> None:
    """Can it be woken up? Raises what the merchant is told else."""
    try:
        reader = get(work, name)
    except ApiError:
        raise invalid("reader", "reader_unknown", "There is no such reader.") from None
    if not reader.online:
        raise invalid("reader", "reader_offline", f"The reader “{reader.label}” is not plugged in.")
    if busy_with(work, name):
        raise invalid("reader", "reader_busy", f"The reader “{reader.label}” waits for another card.")
