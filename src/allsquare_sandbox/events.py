"""News for the merchant: written in the transaction it tells of, with its deliveries.

So news is never told of what was rolled back and never forgotten for what was committed; sending is the
deliverer's part. Misbehaviour of webhooks is decided here, when the deliveries are written.
"""

from __future__ import annotations

import json
import time
from typing import Any

from allsquare_sandbox import mischief
from allsquare_sandbox.errors import missing
from allsquare_sandbox.mischief import Kind
from allsquare_sandbox.records import Event
from allsquare_sandbox.store import Work, new_id


def record(work: Work, kind: str, object_id: str, data: dict[str, Any]) -> Event:
    """Write the event and, when the account has a webhook endpoint, its deliveries."""
    name = new_id("evt")
    body = json.dumps(
        {"id": name, "type": kind, "timestamp": work.stamp, "data": data}, separators=(",", ":")
    )
    work.add("event", id=name, kind=kind, object_id=object_id, body=body, created_at=work.stamp)
    if work.account.webhook_url:
        _plan_deliveries(work, name)
    return get(work, name)


def get(work: Work, name: str) -> Event:
    row = work.db.execute(
        "SELECT * FROM event WHERE id = ? AND account_id = ?", [name, work.account.id]
    ).fetchone()
    if row is None:
        raise missing("event", name)
    return Event.of(row)


def send_again(work: Work, name: str) -> str:
    """Deliver an event once more, now; the id of the delivery."""
    return _plan(work, get(work, name).id, "resent")


def _plan_deliveries(work: Work, event_id: str) -> None:
    struck = mischief.draw(work, mischief.WEBHOOK_KINDS, "webhooks")
    if Kind.WEBHOOK_FORGED in struck:
        _plan(work, event_id, "forged")
    if Kind.WEBHOOK_LATE in struck:
        _plan(work, event_id, "late")
    held = struck[Kind.WEBHOOK_REORDERED].seconds if Kind.WEBHOOK_REORDERED in struck else 0.0
    _plan(work, event_id, "true", dropped=Kind.WEBHOOK_DROPPED in struck, delay=held)
    if Kind.WEBHOOK_DUPLICATED in struck:
        for _ in range(struck[Kind.WEBHOOK_DUPLICATED].copies - 1):
            _plan(work, event_id, "duplicate", delay=held)


def _plan(work: Work, event_id: str, flavour: str, *, dropped: bool = False, delay: float = 0.0) -> str:
    name = new_id("dlv")
    work.add(
        "delivery",
        id=name,
        event_id=event_id,
        url=work.account.webhook_url,
        flavour=flavour,
        state="dropped" if dropped else "waiting",
        next_try=time.time() + delay,
    )
    return name
