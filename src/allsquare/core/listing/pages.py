"""Reading a page of a list: one statement finds its rows by an index, one loads them, one asks how many there are.

Where a sort's value may be missing, the rows without it are a second stretch of the same index, asked for when the
first one ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db import OperationalError, connection, transaction
from django.db.models import F, QuerySet, Value, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from allsquare.core.errors import AllsquareError
from allsquare.core.listing.columns import Row
from allsquare.core.listing.counting import Count, count_rows
from allsquare.core.listing.query import ListQuery
from allsquare.core.listing.search import Search
from allsquare.core.listing.sorts import Beyond, Cursor

ROWS: Final = 50
#: Milliseconds after which the database gives up on a page; its reader has, too.
PATIENCE: Final = 8_000


class ListTooSlow(AllsquareError):
    """The database was stopped before it had the page."""

    code = "list_too_slow"
    status = 422


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows; ``next`` and ``previous`` lead to those after and before them, where there are any."""

    rows: Sequence[Row]
    next: Cursor | None
    previous: Cursor | None
    count: Count


def read_page(organization: Any, query: ListQuery, *, limit: int = ROWS) -> Page:
    """The page that the query asks for. A fixed number of statements, at most one more where values are missing.

    Raises :class:`ListTooSlow`.
    """
    with patient():
        rows = query.narrowed(organization)
        backward = query.before is not None
        found = find_places(rows, query, limit + 1)
        more = len(found) > limit
        found = found[:limit]
        if backward:
            found.reverse()
        return Page(
            rows=read_rows(organization, query, [place.id for place in found]),
            next=found[-1] if found and (more or backward) else None,
            previous=found[0] if found and (query.after is not None or (backward and more)) else None,
            count=count_rows(rows),
        )


def read_rows(organization: Any, query: ListQuery, ids: Sequence[UUID]) -> list[Row]:
    """Whole rows, in the order of ``ids``; one that went meanwhile is left out."""
    items = {item.id: item for item in query.spec.load(organization, ids)}
    present = [items[name] for name in ids if name in items]
    more = query.spec.fill(organization, present) if query.spec.fill else {}
    return [Row(item.id, item, organization, more.get(item.id)) for item in present]


def first_rows(
    organization: Any, queries: Sequence[ListQuery], search: Search, *, limit: int
) -> list[list[Any]]:
    """The first rows of several lists that are searched for the same, each in its own order: one statement finds them
    all, one loads those of each list."""
    parts = []
    for number, query in enumerate(queries):
        order = [F(path).desc() if query.descending else F(path).asc() for path in (*query.sort.paths, "id")]
        rows = query.narrowed(organization, search).annotate(
            list_=Value(number), place_=Window(RowNumber(), order_by=order)
        )
        parts.append(rows.order_by(*order).values_list("list_", "place_", "id")[:limit])
    ids: list[list[UUID]] = [[] for _query in queries]
    for number, _place, name in sorted(parts[0].union(*parts[1:], all=True)):
        ids[number].append(name)
    found = []
    for query, names in zip(queries, ids, strict=True):
        items = {item.id: item for item in query.spec.load(organization, names)} if names else {}
        found.append([items[name] for name in names if name in items])
    return found


def read_places(
    organization: Any, query: ListQuery, *, limit: int, rows: QuerySet[Any] | None = None
) -> list[Cursor]:
    """Where the next ``limit`` rows after ``query.after`` stand. Who reads on to the end narrows once and gives the
    ``rows``: a filter may have asked for much to know what it means."""
    return find_places(query.narrowed(organization) if rows is None else rows, query, limit)


@contextmanager
def patient(milliseconds: int = PATIENCE) -> Iterator[None]:
    """No statement within takes longer. Raises :class:`ListTooSlow`."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            yield
    except OperationalError as error:
        if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise
        raise ListTooSlow(
            _("This takes the database too long. Narrow the list, for example by dates, and try again.")
        ) from None


def find_places(rows: QuerySet[Any], query: ListQuery, limit: int) -> list[Cursor]:
    """Where some of ``rows`` stand, in reading order, which is backwards before a row."""
    backward = query.before is not None
    start = query.before if backward else query.after
    descending = query.descending is not backward
    found: list[Cursor] = []
    for missing in _stretches(query, start, backward):
        begin = start if start is not None and start.missing is missing else None
        found += _stretch(rows, query, begin, limit - len(found), missing=missing, descending=descending)
        if len(found) >= limit:
            break
    return found


def _stretches(query: ListQuery, start: Cursor | None, backward: bool) -> list[bool]:
    """Which parts of the list are still ahead: rows with a value (``False``), then those without."""
    order = [False, True] if query.sort.nullable else [False]
    if backward:
        order.reverse()
    return order if start is None else order[order.index(start.missing) :]


def _stretch(
    rows: QuerySet[Any],
    query: ListQuery,
    begin: Cursor | None,
    limit: int,
    *,
    missing: bool,
    descending: bool,
) -> list[Cursor]:
    paths = [] if missing else query.sort.paths
    if query.sort.nullable:
        rows = rows.filter(**{f"{query.sort.keys[0].path}__isnull": missing})
    if begin is not None:
        rows = rows.filter(Beyond([*paths, "id"], [*begin.values, begin.id], descending=descending))
    order = [F(path).desc() if descending else F(path).asc() for path in (*paths, "id")]
    found = rows.order_by(*order).values_list("id", *paths)[:limit]
    return [Cursor(name, tuple(values), missing) for name, *values in found]
