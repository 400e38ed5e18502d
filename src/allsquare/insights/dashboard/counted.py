"""Sums by day as the first page says them, in the database's words: those kept, and what is booked since the mark.

The page asks for one organization between two days, the check of the books for all of them. Both ask this, so what
the check finds right is what the page says.
"""

from __future__ import annotations

from typing import Final

from allsquare.billing.states import OPEN_STATES

#: As a list of SQL.
OPEN: Final = ", ".join(f"'{state}'" for state in sorted(OPEN_STATES))


def came_counted(*, entries: str, since: str = "true", days: str = "true", received: str = "true") -> str:
    """``counted``: organization, day, gateway account, currency, minor units of what came in and of the fees in it;
    several rows for a day. ``entries`` has the journal's as ``e``, of which those count that ``since`` lets in;
    ``days`` says which of the kept rows are meant, ``received`` which payments ``p``."""
    return f"""counted AS (
        SELECT organization_id, day, gateway_account_id, currency, captured_minor AS minor, fee_minor FROM money_day
        WHERE {days}
        UNION ALL
        SELECT p.organization_id, p.received_on, p.gateway_account_id, p.currency, p.captured_minor, p.fee_minor
        FROM {entries} JOIN payment p ON p.id = e.source_id AND p.organization_id = e.organization_id
        WHERE {since} AND e.kind = 'payment.settled' AND {received}
    )"""  # noqa: S608  # our own conditions


def owed_counted(*, entries: str, since: str = "true", days: str = "true", mine: str = "true") -> str:
    """``counted``: organization, due date, currency, invoices and minor units that are open; several rows for a date.
    As :func:`came_counted`; ``mine`` says which invoices ``i`` are meant. ``OFFSET 0``: entries are followed to their
    lines, however many the planner takes them for: it would begin with all lines."""
    return f"""moved AS (
        SELECT l.organization_id, l.document_id, sum(l.amount_minor) AS minor
        FROM {entries}
            CROSS JOIN LATERAL (
                SELECT * FROM journal_line
                WHERE entry_id = e.id AND organization_id = e.organization_id AND document_id IS NOT NULL OFFSET 0
            ) l
            JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
        WHERE {since} AND a.role = 'receivable'
        GROUP BY l.organization_id, l.document_id
    ), changed AS (
        SELECT i.organization_id, i.due_on, i.currency, v.minor AS moved,
            CASE WHEN i.state IN ({OPEN}) THEN i.total_minor - i.paid_minor - i.credited_minor ELSE 0 END AS now
        FROM moved v JOIN invoice i ON i.id = v.document_id AND i.organization_id = v.organization_id
        WHERE i.due_on IS NOT NULL AND {mine}
    ), counted AS (
        SELECT organization_id, due_on, currency, invoices, open_minor AS minor FROM owed_day
        WHERE {days}
        UNION ALL
        SELECT organization_id, due_on, currency, (now > 0)::int - (now - moved > 0)::int, moved FROM changed
    )"""  # noqa: S608  # our own conditions
