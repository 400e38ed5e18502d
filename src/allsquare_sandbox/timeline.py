"""The account's movable clock, and everything that time alone brings about.

Moving the clock ten days forward does the ten days' work in the order in which it would have come:
debits clear or bounce, refunds fail, pages expire, payouts go out at midnight, each at its own instant.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from allsquare_sandbox import charges, payouts, refunds
from allsquare_sandbox.cards import SCENARIOS
from allsquare_sandbox.errors import conflict, invalid
from allsquare_sandbox.records import ChargeStatus
from allsquare_sandbox.store import Store, Work, account_by_id
from allsquare_sandbox.times import instant, machine_now, midnight_after, stamp

FARTHEST = timedelta(days=3660)


def move(work: Work, by: timedelta) -> None:
    """Turn the clock forward by at most ten years."""
    if not timedelta(0) <= by <= FARTHEST:
        raise invalid(
            "seconds", "clock_move_invalid", "The clock moves forward only, by at most ten years at a time."
        )
    work.db.execute(
        "UPDATE account SET clock_offset = clock_offset + ? WHERE id = ?",
        [by.total_seconds(), work.account.id],
    )
    _refresh(work, work.now + by)
    run(work)


def set_to(work: Work, moment: datetime) -> None:
    """Turn the clock to an instant. Backwards only while nothing has happened, to begin a history in
    the past."""
    if moment >= work.now:
        move(work, moment - work.now)
        return
    if work.db.execute("SELECT 1 FROM charge WHERE account_id = ? LIMIT 1", [work.account.id]).fetchone():
        raise conflict("clock_move_invalid", "The clock cannot go back once there are charges.")
    offset = (moment - machine_now()).total_seconds()
    work.db.execute(
        "UPDATE account SET clock_offset = ?, paid_out_until = ? WHERE id = ?",
        [offset, stamp(moment), work.account.id],
    )
    _refresh(work, moment)


def run(work: Work) -> int:
    """Do all that is due at the account's present time; how many things were done."""
    until, done = work.now, 0
    while True:
        moment = _next_due(work)
        if moment is None or moment > until:
            work.now = until
            return done
        work.now = moment
        done += _do_due(work)


def run_everywhere(store: Store) -> None:
    """For clocks that nobody moves: called from time to time."""
    with store.reading() as db:
        names = [row["id"] for row in db.execute("SELECT id FROM account ORDER BY seq")]
    for name in names:
        with store.view(name) as seen:
            moment = _next_due(seen)
            due = moment is not None and moment <= seen.now
        if due:
            with store.work(name) as work:
                run(work)


def _next_due(work: Work) -> datetime | None:
    """The earliest instant at which something is to be done."""
    row = work.db.execute(
        "SELECT min(due_at) AS due FROM ("
        "SELECT due_at FROM charge WHERE account_id = :account AND due_at <> ''"
        " UNION ALL SELECT due_at FROM refund WHERE account_id = :account AND due_at <> '')",
        {"account": work.account.id},
    ).fetchone()
    moments = [instant(row["due"])] if row["due"] else []
    if work.account.daily_payouts:
        waiting = work.db.execute(
            "SELECT min(available_at) AS due FROM entry WHERE account_id = ? AND payout_id = ''",
            [work.account.id],
        ).fetchone()["due"]
        if waiting:
            last = instant(work.account.paid_out_until)
            moments.append(midnight_after(max(instant(waiting), last)))
    return min(moments, default=None)


def _do_due(work: Work) -> int:
    """Everything due at ``work.now``, which is the instant of one of them."""
    done = 0
    for row in _due(
        work, "SELECT id, status, scenario FROM charge WHERE account_id = ? AND due_at <> '' AND due_at <= ?"
    ):
        if row["status"] == ChargeStatus.PENDING:
            decline = SCENARIOS[row["scenario"]].decline
            charges.clear_debit(work, row["id"], bounce=decline if decline[0] else None)
        else:
            charges.cancel(work, row["id"], code="expired")
        done += 1
    for row in _due(work, "SELECT id FROM refund WHERE account_id = ? AND due_at <> '' AND due_at <= ?"):
        refunds.fail(work, row["id"])
        done += 1
    return done + _daily_payouts(work)


def _due(work: Work, query: str) -> list[sqlite3.Row]:
    return work.db.execute(query + " ORDER BY due_at, seq", [work.account.id, work.stamp]).fetchall()


def _daily_payouts(work: Work) -> int:
    """At midnight, once: what has become available in every currency."""
    midnight = work.now.hour == work.now.minute == work.now.second == work.now.microsecond == 0
    if not (midnight and work.account.daily_payouts and work.stamp > work.account.paid_out_until):
        return 0
    work.db.execute("UPDATE account SET paid_out_until = ? WHERE id = ?", [work.stamp, work.account.id])
    _refresh(work, work.now)
    made = [payouts.pay_out(work, currency, everything=False) for currency in payouts.currencies_owed(work)]
    return 1 + sum(payout is not None for payout in made)


def _refresh(work: Work, now: datetime) -> None:
    """Read the account again, keeping the instant at which we work."""
    work.account = account_by_id(work.db, work.account.id)
    work.now = now
