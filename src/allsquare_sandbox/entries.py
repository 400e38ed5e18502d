"""The provider's own books: what each happening adds to a merchant's balance, and the fee it takes."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from allsquare_sandbox.records import Entry
from allsquare_sandbox.store import Work
from allsquare_sandbox.times import stamp


def book(
    work: Work,
    kind: str,
    source_id: str,
    currency: str,
    amount: int,
    *,
    fee: int = 0,
    available: datetime | None = None,
) -> None:
    """Add ``amount`` (minor units, may be negative) and take ``fee``. Twice for one source is refused
    by the store."""
    work.add(
        "entry",
        kind=kind,
        source_id=source_id,
        currency=currency,
        amount=amount,
        fee=fee,
        available_at=stamp(available or work.now),
        at=work.stamp,
    )


def entries_of(db: sqlite3.Connection, payout_id: str) -> list[Entry]:
    """What a payout is made of."""
    rows = db.execute("SELECT * FROM entry WHERE payout_id = ? ORDER BY seq", [payout_id])
    return [Entry.of(row) for row in rows]
