"""Bringing the sums by day up to date, behind the postings and never in their way.

No account has a row that every payment must lock: lines are added to the sums afterwards, by the worker, which
follows the event log (see ``ledger.reader``). How far the sums go is a transaction: everything before the oldest one
still running (``pg_snapshot_xmin``) is committed or rolled back for good, so nothing that commits late is left out.
"""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction

from allsquare.core import bulk
from allsquare.identity.models import Organization

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


@transaction.atomic
def roll_up(*, organization: Organization) -> None:
    """Add what was booked since the last time. An inner service: it changes no fact, so nobody need be asked."""
    since = _lock_mark(organization)
    until = _all_over_before()
    with connection.cursor() as cursor:  # with the marks as values, by which the planner sees how much is new
        cursor.execute(_NEW, [organization.id, since, until])
    bulk.run(
        "UPDATE account_day_mark SET xact = %s::xid8 WHERE organization_id = %s", [until, organization.id]
    )


def _lock_mark(organization: Organization) -> str:
    """Who else rolls up waits here, and then sees what was rolled up."""
    bulk.run(
        "INSERT INTO account_day_mark (organization_id, xact) VALUES (%s, '0') ON CONFLICT DO NOTHING",
        [organization.id],
    )
    ((since,),) = bulk.run(
        "SELECT xact::text FROM account_day_mark WHERE organization_id = %s FOR NO KEY UPDATE",
        [organization.id],
    )
    return str(since)


def _all_over_before() -> str:
    """The oldest transaction that still runs. To be asked after the mark is locked, by a statement of its own."""
    ((until,),) = bulk.run("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
    return str(until)
