"""Payouts: the balance of one currency on its way to the merchant's bank, and the provider's own books."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Any, Final

from allsquare_sandbox import events, resources
from allsquare_sandbox.entries import book, entries_of
from allsquare_sandbox.errors import conflict, missing
from allsquare_sandbox.records import Payout
from allsquare_sandbox.store import Work, new_id


def pay_out(work: Work, currency: str, *, everything: bool) -> Payout | None:
    """Gather what was not paid out yet: what has become available, or ``everything`` (an instant payout).

    ``None`` when there is nothing to pay: no entry, or refunds and disputes outweigh the charges; those then
    wait for the next payout.
    """
    until = "9999" if everything else work.stamp
    found = work.db.execute(
        "SELECT coalesce(sum(amount - fee), 0) AS net, max(seq) AS last FROM entry"
        " WHERE account_id = ? AND currency = ? AND payout_id = '' AND available_at <= ?",
        [work.account.id, currency, until],
    ).fetchone()
    if found["net"] <= 0:
        return None
    name = new_id("po")
    work.add(
        "payout",
        id=name,
        amount=found["net"],
        currency=currency,
        created_at=work.stamp,
        arrives_on=(work.now + timedelta(days=1)).date().isoformat(),
    )
    work.db.execute(
        "UPDATE entry SET payout_id = ?"
        " WHERE account_id = ? AND currency = ? AND payout_id = '' AND available_at <= ? AND seq <= ?",
        [name, work.account.id, currency, until, found["last"]],
    )
    payout = get(work, name)
    events.record(work, "payout.paid", name, shown(work.db, payout))
    return payout


#: Why the bank sends it back.
FAILURE: Final = ("account_closed", "The bank account has been closed.")


def fail(work: Work, name: str) -> Payout:
    """The merchant's bank sends it back, once: the sum is on the balance again, and goes out with the next payout."""
    payout = get(work, name)
    if failed_at(work.db, name):
        raise conflict("payout_failed", "This payout came back already.")
    book(work, "payout_failed", name, payout.currency, payout.amount)
    events.record(work, "payout.failed", name, shown(work.db, payout))
    return payout


def failed_at(db: sqlite3.Connection, name: str) -> str:
    """When the bank sent it back; empty for one that arrived."""
    row = db.execute("SELECT at FROM entry WHERE kind = 'payout_failed' AND source_id = ?", [name]).fetchone()
    return str(row["at"]) if row else ""


def shown(db: sqlite3.Connection, payout: Payout) -> dict[str, Any]:
    """As the merchant sees it."""
    when = failed_at(db, payout.id)
    return resources.payout(payout, entries_of(db, payout.id), failed_at=when, failure=FAILURE)


def currencies_owed(work: Work) -> list[str]:
    """Currencies that have entries not paid out."""
    rows = work.db.execute(
        "SELECT DISTINCT currency FROM entry WHERE account_id = ? AND payout_id = '' ORDER BY currency",
        [work.account.id],
    )
    return [row["currency"] for row in rows]


def get(work: Work, name: str) -> Payout:
    row = work.db.execute(
        "SELECT * FROM payout WHERE id = ? AND account_id = ?", [name, work.account.id]
    ).fetchone()
    if row is None:
        raise missing("payout", name)
    return Payout.of(row)


def books(db: sqlite3.Connection, account_id: str, now: str) -> list[dict[str, Any]]:
    """The account by currency, from the entries: ``balance = charged − refunded − disputed − fees −
    paid_out``, where a payout that came back does not count.

    ``disputed`` is net of disputes that were won, ``refunded`` net of refunds that failed;
    ``available`` is the part of the balance that a daily payout would take now.
    """
    rows = db.execute(
        """
        SELECT currency,
               sum(CASE WHEN kind = 'charge' THEN amount ELSE 0 END) AS charged,
               -sum(CASE WHEN kind LIKE 'refund%' THEN amount ELSE 0 END) AS refunded,
               -sum(CASE WHEN kind LIKE 'dispute%' THEN amount ELSE 0 END) AS disputed,
               sum(fee) AS fees,
               sum(CASE WHEN payout_id = '' AND available_at <= :now THEN amount - fee ELSE 0 END)
                 AS available
        FROM entry WHERE account_id = :account GROUP BY currency ORDER BY currency
        """,
        {"account": account_id, "now": now},
    ).fetchall()
    paid = {
        row["currency"]: row["amount"]
        for row in db.execute(
            "SELECT currency, sum(amount) AS amount FROM payout WHERE account_id = ? AND NOT EXISTS (SELECT"
            " 1 FROM entry WHERE kind = 'payout_failed' AND source_id = payout.id) GROUP BY currency",
            [account_id],
        )
    }
    return [_line(dict(row), paid.get(row["currency"], 0)) for row in rows]


def _line(row: dict[str, Any], paid_out: int) -> dict[str, Any]:
    balance = row["charged"] - row["refunded"] - row["disputed"] - row["fees"] - paid_out
    return {**row, "paid_out": paid_out, "balance": balance}
