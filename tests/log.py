"""The event log as readers of it have it: waiting until it, or the journal, may be read, and reading it."""

from __future__ import annotations

import time
from typing import LiteralString

from django.db import connection
from psycopg import sql

from allsquare.core.events import follow
from allsquare.payments import payout_reader


def log_is_readable(*, table: LiteralString = "event", patience: float = 240.0) -> None:
    """Wait until every event that is committed now can be read by ``core.events.follow``; with ``journal_entry``,
    until every booking can be rolled up.

    Readers stop before the oldest transaction that runs in the whole cluster, and on a machine where several
    test runs share one, that may be somebody else's.
    """
    deadline = time.monotonic() + patience
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                sql.SQL(
                    "SELECT coalesce(max(xact) < pg_snapshot_xmin(pg_current_snapshot()), true) FROM {}"
                ).format(sql.Identifier(table))
            )
            [(readable,)] = cursor.fetchall()
            if readable:
                return
            assert time.monotonic() < deadline, "another transaction has been open for too long"
            time.sleep(0.02)


def payouts_are_looked_at() -> None:
    """As the worker does: whose is what payouts brought, now that the news of payments is there?"""
    log_is_readable()
    while follow("payouts", payout_reader.read):
        continue
