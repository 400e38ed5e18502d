"""What the panel's pages list."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from allsquare_sandbox import charges, payouts, readers
from allsquare_sandbox.records import Charge, Delivery, Dispute, Event, Payout, Refund
from allsquare_sandbox.store import Work

ROWS = 50


def of(tab: str, work: Work, before: str) -> dict[str, Any]:
    """The lists of one tab; ``before`` is the last id of the page before."""
    if tab == "charges":
        rows = [Charge.of(row) for row in _newest(work, "charge", before)]
        return {"charges": rows, "next": rows[-1].id if len(rows) == ROWS else ""}
    if tab == "readers":
        waiting = [(each, readers.busy_with(work, each.id)) for each in readers.known(work)]
        return {"readers": [(each, charges.get(work, name) if name else None) for each, name in waiting]}
    if tab == "webhooks":
        return _webhooks(work, before)
    if tab == "money":
        return {
            "payouts": [
                (Payout.of(row), payouts.failed_at(work.db, row["id"])) for row in _newest(work, "payout")
            ],
            "refunds": [Refund.of(row) for row in _newest(work, "refund")],
            "disputes": [Dispute.of(row) for row in _newest(work, "dispute")],
        }
    return {}


def charge(work: Work, name: str) -> dict[str, Any]:
    """One charge with everything about it."""
    found = charges.get(work, name)
    refunds = [Refund.of(row) for row in _about(work, "refund", name)]
    disputes = [Dispute.of(row) for row in _about(work, "dispute", name)]
    names = [name, *(each.id for each in refunds), *(each.id for each in disputes)]
    rows = work.db.execute(
        "SELECT * FROM event WHERE account_id = ? AND object_id IN (SELECT value FROM json_each(?)) ORDER BY seq DESC",
        [work.account.id, json.dumps(names)],
    )
    events = [Event.of(row) for row in rows]
    return {
        "charge": found,
        "refunds": refunds,
        "disputes": disputes,
        "events": [(event, _deliveries(work, event.id)) for event in events],
    }


def _webhooks(work: Work, before: str) -> dict[str, Any]:
    events = [Event.of(row) for row in _newest(work, "event", before)]
    return {
        "events": [(event, _deliveries(work, event.id)) for event in events],
        "next": events[-1].id if len(events) == ROWS else "",
    }


def _deliveries(work: Work, event_id: str) -> list[Delivery]:
    rows = work.db.execute("SELECT * FROM delivery WHERE event_id = ? ORDER BY seq", [event_id])
    return [Delivery.of(row) for row in rows]


def _about(work: Work, table: str, charge_id: str) -> list[sqlite3.Row]:
    query = f"SELECT * FROM {table} WHERE charge_id = ? ORDER BY seq"  # noqa: S608  table is ours
    return work.db.execute(query, [charge_id]).fetchall()


def _newest(work: Work, table: str, before: str = "") -> list[sqlite3.Row]:
    where = f"seq < (SELECT seq FROM {table} WHERE id = :before)" if before else ":before = ''"  # noqa: S608 - names are ours
    query = f"SELECT * FROM {table} WHERE account_id = :account AND {where} ORDER BY seq DESC LIMIT {ROWS}"  # noqa: S608 - names are ours
    return work.db.execute(query, {"account": work.account.id, "before": before}).fetchall()
