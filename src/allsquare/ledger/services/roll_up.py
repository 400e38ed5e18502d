"""Bringing the sums by day up to date, behind the postings and never in their way.

No account has a row that every payment must lock: lines are added to the sums afterwards, by the worker, which
follows the event log (see ``ledger.reader``). How far the sums go is a transaction (see ``ledger.marks``).
"""

from __future__ import annotations

from typing import Final

from django.db import connection

from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.ledger import marks

_NEW: Final = """
    INSERT INTO account_day AS d (organization_id, account_id, currency, date, base_minor, amount_minor)
    SELECT e.organization_id, l.account_id, l.currency, l.date, sum(l.base_minor), sum(l.amount_minor)
    FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id AND l.organization_id = e.organization_id
    WHERE e.organization_id = %s AND e.xact >= %s::xid8 AND e.xact < %s::xid8
    GROUP BY e.organization_id, l.account_id, l.currency, l.date
    ORDER BY e.organization_id, l.account_id, l.currency, l.date
    ON CONFLICT (organization_id, account_id, currency, date) DO UPDATE
        SET base_minor = d.base_minor + excluded.base_minor, amount_minor = d.amount_minor + excluded.amount_minor
"""


@retrying
def roll_up(*, organization: Organization) -> None:
    """Add what was booked since the last time. An inner service: it changes no fact, so nobody need be asked."""
    since = marks.locked("account_day_mark", organization)
    until = marks.all_over_before()
    with connection.cursor() as cursor:  # with the marks as values, by which the planner sees how much is new
        cursor.execute(_NEW, [organization.id, since, until])
    marks.move("account_day_mark", organization, until)
