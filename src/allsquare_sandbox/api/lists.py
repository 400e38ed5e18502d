"""Lists of objects, newest first, a page at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from allsquare_sandbox.api.endpoint import Answer, Call
from allsquare_sandbox.errors import invalid
from allsquare_sandbox.times import stamp

LONGEST_PAGE = 100
Show = Callable[[sqlite3.Connection, sqlite3.Row], dict[str, Any]]


def page(call: Call, table: str, show: Show, *, filters: Sequence[str] = ()) -> Answer:
    """``?limit=`` (1 to 100, by default 25), ``?before=`` (the last id of the page before) and
    ``?created_before=`` (an instant), with equality filters over the columns named in ``filters``. ``table`` and
    ``filters`` are ours, never the caller's."""
    unknown = sorted(set(call.query) - {"limit", "before", "created_before", *filters})
    if unknown:
        raise invalid(unknown[0], "filter_unknown", f"This list has no filter {unknown[0]!r}.")
    limit = call.query.get("limit", "25")
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit) <= LONGEST_PAGE:
        raise invalid("limit", "field_invalid", f"limit must be from 1 to {LONGEST_PAGE}.")
    wanted = {name: call.query[name] for name in filters if name in call.query}
    where = "".join(f" AND {name} = :{name}" for name in wanted)
    if "before" in call.query:
        where += f" AND seq < (SELECT seq FROM {table} WHERE id = :before AND account_id = :account)"  # noqa: S608 - names are ours
    if "created_before" in call.query:
        where += " AND created_at < :created_before"
    with call.store.reading() as db:
        rows = db.execute(
            f"SELECT * FROM {table} WHERE account_id = :account{where} ORDER BY seq DESC LIMIT :limit",  # noqa: S608 - names are ours
            {
                **wanted,
                "account": call.account.id,
                "before": call.query.get("before"),
                "created_before": _instant(call.query.get("created_before", "")),
                "limit": int(limit) + 1,
            },
        ).fetchall()
        shown = [show(db, row) for row in rows[: int(limit)]]
    return Answer({"object": "list", "data": shown, "has_more": len(rows) > int(limit)})


def _instant(text: str) -> str:
    """As the store keeps instants; empty stays empty."""
    if not text:
        return ""
    try:
        return stamp(datetime.fromisoformat(text))
    except ValueError:
        raise invalid("created_before", "field_invalid", "created_before must be an instant.") from None
