"""Balances of accounts: the sums by day (``account_day``), and the few lines that are not in them yet.

Which lines are not is said by the transaction that wrote their entry: all before the mark are in the sums, all from it
on are not. Sums, mark and lines are read by one statement, so each line counts exactly once whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.db import connection

from allsquare.identity.models import Organization
from allsquare.ledger.models import AccountDayMark

#: The mark is given twice: as a value, by which the planner sees that few entries come after it, and as it stands
#: when the statement is run. It only moves forward, so the first condition never leaves out what the second lets in.
_SUMS: Final = """
    SELECT account_id, currency, sum(base_minor), sum(amount_minor) FROM (
        SELECT account_id, currency, base_minor, amount_minor FROM account_day
        WHERE organization_id = %(organization)s AND {days}
        UNION ALL
        SELECT l.account_id, l.currency, l.base_minor, l.amount_minor
        FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id AND l.organization_id = e.organization_id
        WHERE e.organization_id = %(organization)s AND e.xact >= %(mark)s::xid8
            AND e.xact >= coalesce(
                (SELECT m.xact FROM account_day_mark m WHERE m.organization_id = %(organization)s), '0'::xid8)
            AND {lines}
    ) counted GROUP BY account_id, currency
"""


@dataclass(frozen=True, slots=True)
class Sum:
    """What the lines of one account in one currency come to; minor units, debit positive."""

    account_id: UUID
    currency: str
    base_minor: int
    amount_minor: int


def sums(
    organization: Organization,
    *,
    up_to: date | None = None,
    account_id: UUID | None = None,
    currency: str | None = None,
) -> Sequence[Sum]:
    """One for each account and currency with lines up to and with ``up_to``. Two statements."""
    mark = (
        AccountDayMark.objects.filter(organization_id=organization.id).values_list("xact", flat=True).first()
    )
    asked = {"date": up_to, "account_id": account_id, "currency": currency}
    signs = {"date": "<="}
    conditions = [f"{{0}}{name} {signs.get(name, '=')} %({name})s" for name, value in asked.items() if value]
    both = [" AND ".join(["true", *conditions]).format(table) for table in ("", "l.")]
    with connection.cursor() as cursor:
        cursor.execute(
            _SUMS.format(days=both[0], lines=both[1]),
            {**asked, "organization": organization.id, "mark": mark or "0"},
        )
        rows = cursor.fetchall()
    return [Sum(account, code, int(base), int(amount)) for account, code, base, amount in rows]
