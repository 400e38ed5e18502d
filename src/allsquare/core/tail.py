"""What is new in the event log, for pages that are open now: nothing is kept in the database, nothing is waited for.

A place in the log is a PostgreSQL snapshot (``xmin:xmax:running``), which says exactly which transactions had
committed. New since then are the events of those that had not: every number from ``xmax`` on, and those that were
running. So a transaction that commits late is not skipped, and a long one holds nobody up, as it would a reader that
stops before it (:func:`allsquare.core.events.follow`, whose position must stay a single row). The cost does not
depend on how long a transaction has been running. A place can be carried over to another process, but not to another
database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

#: More news than this is not told one by one: "everything may have changed".
MOST: Final = 2000

_PLACE: Final = re.compile(r"[0-9]{1,19}:[0-9]{1,19}:(?:[0-9]{1,19}(?:,[0-9]{1,19})*)?", re.ASCII)
_LONGEST: Final = 4000


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, as far as an open page must know it."""

    organization_id: UUID
    kind: str
    subject_id: UUID


@dataclass(frozen=True, slots=True)
class News:
    """``place`` is where the log was read to. ``too_much``: not all is named, or the place asked from is unknown."""

    happenings: Sequence[Happening]
    place: str
    too_much: bool = False


def here() -> str:
    """The place behind everything that is committed now. Read it before what the page shows, never after."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def since(place: str, *, organization_id: UUID | None = None) -> News:
    """What was committed after ``place``, in no promised order: one statement over an index.

    ``organization_id`` leaves out others' news; only the one poller that serves all subscribers goes without.
    """
    if not _is_place(place):
        return News((), here(), too_much=True)
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, {"place": place, "most": MOST + 1})
        rows = cursor.fetchall()
    found = [Happening(row[1], row[2], row[3]) for row in rows if row[1] is not None]
    ahead = bool(rows[0][4])  # of another, younger database: a backup was restored
    return News(
        happenings=[each for each in found if organization_id in (None, each.organization_id)],
        place=str(rows[0][0]),
        too_much=ahead or len(found) > MOST,
    )


def _is_place(text: str) -> bool:
    """As PostgreSQL will ask: numbers in order, those that run within their bounds. It comes from a browser."""
    if len(text) > _LONGEST or not _PLACE.fullmatch(text):
        return False
    first, end, running = text.split(":")
    numbers = [int(number) for number in running.split(",") if number]
    inside = all(int(first) <= number < int(end) for number in numbers)
    return 0 < int(first) <= int(end) and inside and numbers == sorted(numbers)


# Each half is ordered so that the planner walks the index from the place on, however few rows it expects there.
_SINCE = """
    SELECT pg_current_snapshot()::text, e.organization_id, e.kind, e.subject_id,
        pg_snapshot_xmin(%(place)s::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())
    FROM (SELECT 1) one LEFT JOIN (
        (SELECT organization_id, kind, subject_id FROM event
            WHERE xact >= pg_snapshot_xmax(%(place)s::pg_snapshot) ORDER BY xact, id LIMIT %(most)s)
        UNION ALL
        (SELECT organization_id, kind, subject_id FROM event
            WHERE xact = ANY (ARRAY(SELECT pg_snapshot_xip(%(place)s::pg_snapshot))) ORDER BY xact, id LIMIT %(most)s)
    ) e ON true
"""
