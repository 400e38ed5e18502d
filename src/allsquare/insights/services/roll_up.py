"""Bringing the sums by day of the first page and of *Where is my money* up to date, behind the postings and never in
their way (see ``ledger.marks``).

What came in follows from the entries of settled payments, which never change again. What is owed follows from the lines
of the receivable account: an invoice is open while they sum to more than nothing.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import connection

from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.ledger import marks

_CAME: Final = """
    INSERT INTO money_day AS d (organization_id, day, gateway_account_id, currency, captured_minor, fee_minor)
    SELECT p.organization_id, p.received_on, p.gateway_account_id, p.currency, sum(p.captured_minor), sum(p.fee_minor)
    FROM journal_entry e JOIN payment p ON p.id = e.source_id AND p.organization_id = e.organization_id
    WHERE e.organization_id = %(organization)s AND e.kind = 'payment.settled'
        AND e.xact >= %(since)s::xid8 AND e.xact < %(until)s::xid8
    GROUP BY p.organization_id, p.received_on, p.gateway_account_id, p.currency
    ON CONFLICT (organization_id, day, gateway_account_id, currency) DO UPDATE
        SET captured_minor = d.captured_minor + excluded.captured_minor, fee_minor = d.fee_minor + excluded.fee_minor
"""

#: Of a young organization the planner believes that it has one row of everything, so that three loops within one
#: another, each of all invoices, look cheap to it. So what follows is asked for each invoice by its id: the
#: organization comes as a column of ``moved``, of which the planner cannot believe anything.
_OWED: Final = """
    WITH moved AS MATERIALIZED (
        SELECT e.organization_id, l.account_id, l.document_id AS invoice_id, sum(l.amount_minor) AS minor
        FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id AND l.organization_id = e.organization_id
        WHERE e.organization_id = %(organization)s AND e.xact >= %(since)s::xid8 AND e.xact < %(until)s::xid8
            AND l.document_id IS NOT NULL AND l.account_id =
                (SELECT id FROM account WHERE organization_id = %(organization)s AND role = 'receivable')
        GROUP BY e.organization_id, l.account_id, l.document_id
    )
    INSERT INTO owed_day AS d (organization_id, due_on, currency, invoices, open_minor)
    SELECT i.organization_id, i.due_on, i.currency,
        sum((before.minor + m.minor > 0)::int - (before.minor > 0)::int), sum(m.minor)
    FROM moved m
        JOIN invoice i ON i.id = m.invoice_id AND i.organization_id = m.organization_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(l.amount_minor), 0) AS minor
            FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id AND e.organization_id = l.organization_id
            WHERE l.document_id = m.invoice_id AND l.organization_id = m.organization_id
                AND l.account_id = m.account_id AND e.xact < %(since)s::xid8
        ) before
    WHERE i.due_on IS NOT NULL
    GROUP BY i.organization_id, i.due_on, i.currency
    ON CONFLICT (organization_id, due_on, currency) DO UPDATE
        SET invoices = d.invoices + excluded.invoices, open_minor = d.open_minor + excluded.open_minor
"""

#: Once everything due on a day is paid, nothing need be read of it: what is kept grows with what is open.
_SETTLED: Final = """
    DELETE FROM owed_day WHERE organization_id = %(organization)s AND invoices = 0 AND open_minor = 0
"""


@retrying
def roll_up(*, organization: Organization) -> None:
    """Add what was booked since the last time. An inner service: it changes no fact, so nobody need be asked."""
    since = marks.locked("dashboard_mark", organization)
    until = marks.all_over_before()
    between: dict[str, Any] = {"organization": organization.id, "since": since, "until": until}
    with connection.cursor() as cursor:  # with the marks as values, by which the planner sees how much is new
        cursor.execute(_CAME, between)
        cursor.execute(_OWED, between)
        cursor.execute(_SETTLED, between)
    marks.move("dashboard_mark", organization, until)
