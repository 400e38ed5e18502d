"""Sums by day that are kept behind the postings, and what is booked since: each booking counts exactly once.

Whether it is in the kept sums is said by the transaction that wrote its entry: all before the mark are, all from it on
are not. Sums, mark and entries are read by one statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django.db import connection

from allsquare.billing.states import OPEN_STATES
from allsquare.identity.models import Organization
from allsquare.insights.models import DashboardMark

#: The mark is given twice: as a value, by which the planner sees that few entries come after it, and as it stands
#: when the statement is run. It only moves forward, so the first condition never leaves out what the second lets in.
_SINCE: Final = """
        e.organization_id = %(organization)s AND e.xact >= %(mark)s::xid8
            AND e.xact >= (SELECT m.xact FROM dashboard_mark m WHERE m.organization_id = %(organization)s)
"""

_CAME: Final = f"""
    SELECT day, currency, sum(minor) FROM (
        SELECT day, currency, captured_minor AS minor FROM money_day
        WHERE organization_id = %(organization)s AND day BETWEEN %(start)s AND %(end)s
        UNION ALL
        SELECT p.received_on, p.currency, p.captured_minor
        FROM journal_entry e JOIN payment p ON p.id = e.source_id AND p.organization_id = e.organization_id
        WHERE {_SINCE} AND e.kind = 'payment.settled' AND p.received_on BETWEEN %(start)s AND %(end)s
    ) counted GROUP BY day, currency
"""  # noqa: S608  # the condition from above

_OWED: Final = f"""
    WITH moved AS (
        SELECT l.document_id AS invoice_id, sum(l.amount_minor) AS minor
        FROM journal_entry e
            JOIN journal_line l ON l.entry_id = e.id AND l.organization_id = e.organization_id
            JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
        WHERE {_SINCE} AND a.role = 'receivable' AND l.document_id IS NOT NULL
        GROUP BY l.document_id
    ), changed AS (
        SELECT i.due_on, i.currency, m.minor AS moved,
            CASE WHEN i.state = ANY (%(open)s) THEN i.total_minor - i.paid_minor ELSE 0 END AS now
        FROM moved m JOIN invoice i ON i.id = m.invoice_id AND i.organization_id = %(organization)s
        WHERE i.due_on IS NOT NULL
    )
    SELECT least(greatest(due_on, %(earliest)s), %(latest)s) AS due, currency, sum(invoices), sum(minor) FROM (
        SELECT due_on, currency, invoices, open_minor AS minor FROM owed_day
        WHERE organization_id = %(organization)s
        UNION ALL
        SELECT due_on, currency, (now > 0)::int - (now - moved > 0)::int, moved FROM changed
    ) counted GROUP BY due, currency HAVING sum(invoices) <> 0 OR sum(minor) <> 0
"""  # noqa: S608  # the condition from above


def kept_to(organization: Organization) -> str | None:
    """How far sums are kept; ``None`` where none are: little was booked, or the worker did not come to it yet."""
    marks = DashboardMark.objects.filter(organization_id=organization.id)
    return marks.values_list("xact", flat=True).first()


def came(organization: Organization, *, mark: str, start: date, end: date) -> Iterable[tuple[date, str, int]]:
    """Day, currency and minor units of what came in, from ``start`` to ``end``."""
    return _rows(_CAME, {"organization": organization.id, "mark": mark, "start": start, "end": end})


def owed(
    organization: Organization, *, mark: str, earliest: date, latest: date
) -> Iterable[tuple[date, str, int, int]]:
    """Due date (not before ``earliest`` nor after ``latest``), currency, invoices and minor units."""
    bounds = {"earliest": earliest, "latest": latest, "open": sorted(OPEN_STATES)}
    return _rows(_OWED, {"organization": organization.id, "mark": mark, **bounds})


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
