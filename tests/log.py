"""Waiting until the event log may be read."""

from __future__ import annotations

import time

from django.db import connection


def log_is_readable(*, patience: float = 60.0) -> None:
    """Wait until every event that is committed now can be read by ``core.events.follow``.

    Readers stop before the oldest transaction that runs in the whole cluster, and on a machine where several
    test runs share one, that may be somebody else's.
    """
    deadline = time.monotonic() + patience
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT coalesce(max(xact) < pg_snapshot_xmin(pg_current_snapshot()), true) FROM event"
            )
            [(readable,)] = cursor.fetchall()
            if readable:
                return
            assert time.monotonic() < deadline, "another transaction has been open for too long"
            time.sleep(0.02)
