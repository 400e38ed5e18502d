"""Sums by day that are kept behind the postings, and what is booked since: each booking counts exactly once.

Whether it is in the kept sums is said by the transaction that wrote its entry: all before the mark are, all from it on
are not. Sums, mark and entries are read by one statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection

from allsquare.identity.models import Organization
from allsquare.insights.dashboard.counted import came_counted, owed_counted
from allsquare.insights.models import DashboardMark

#: The mark is given twice: as a value, by which the planner sees that few entries come after it, and as it stands
#: when the statement is run. It only moves forward, so the first condition never leaves out what the second lets in.
_SINCE: Final = """
        e.organization_id = %(organization)s AND e.xact >= %(mark)s::xid8
            AND e.xact >= (SELECT m.xact FROM dashboard_mark m WHERE m.organization_id = %(organization)s)
"""

_MINE: Final = "organization_id = %(organization)s"

_MONEY: Final = came_counted(
    entries="journal_entry e",
    since=_SINCE,
    days=f"{_MINE} AND day BETWEEN %(start)s AND %(end)s",
    received="p.received_on BETWEEN %(start)s AND %(end)s",
)
_CAME: Final = f"""
    WITH {_MONEY}
    SELECT day, currency, sum(minor) FROM counted GROUP BY day, currency
"""  # noqa: S608  # our own conditions

_ALL_MONEY: Final = came_counted(entries="journal_entry e", since=_SINCE, days=_MINE)
_TAKEN: Final = f"""
    WITH {_ALL_MONEY}
    SELECT gateway_account_id, currency, sum(minor), sum(fee_minor) FROM counted GROUP BY gateway_account_id, currency
"""  # noqa: S608  # our own conditions

_DEBTS: Final = owed_counted(entries="journal_entry e", since=_SINCE, days=_MINE, mine=f"i.{_MINE}")
_OWED: Final = f"""
    WITH {_DEBTS}
    SELECT least(greatest(due_on, %(earliest)s), %(latest)s) AS due, currency, sum(invoices), sum(minor)
    FROM counted GROUP BY due, currency HAVING sum(invoices) <> 0 OR sum(minor) <> 0
"""  # noqa: S608  # our own conditions


def kept_to(organization: Organization) -> str | None:
    """How far sums are kept; ``None`` where none are: little was booked, or the worker did not come to it yet."""
    marks = DashboardMark.objects.filter(organization_id=organization.id)
    return marks.values_list("xact", flat=True).first()


def came(organization: Organization, *, mark: str, start: date, end: date) -> Iterable[tuple[date, str, int]]:
    """Day, currency and minor units of what came in, from ``start`` to ``end``."""
    return _rows(_CAME, {"organization": organization.id, "mark": mark, "start": start, "end": end})


def taken(organization: Organization, *, mark: str) -> Iterable[tuple[UUID, str, int, int]]:
    """Gateway account, currency and minor units of all that ever came in, and of the fees in it."""
    return _rows(_TAKEN, {"organization": organization.id, "mark": mark})


def owed(
    organization: Organization, *, mark: str, earliest: date, latest: date
) -> Iterable[tuple[date, str, int, int]]:
    """Due date (not before ``earliest`` nor after ``latest``), currency, invoices and minor units."""
    bounds = {"earliest": earliest, "latest": latest}
    return _rows(_OWED, {"organization": organization.id, "mark": mark, **bounds})


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
