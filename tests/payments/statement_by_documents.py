"""A customer's statement the slow way, from the documents themselves: what the one from the journal must say too."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection

from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.statement import CustomerStatement


class Said(NamedTuple):
    """One thing that happened, without its place among those of its day."""

    day: date
    fact: str
    number: str
    invoice_id: UUID
    payment_id: UUID | None
    minor: int
    currency: str


# Dates are those of the journal: a payment counts from the day the money came, all else from the day it was booked.
_FACTS: Final = """
    WITH mine AS MATERIALIZED (
        SELECT id, number, state, currency, issued_on, total_minor, voided_at
        FROM invoice WHERE organization_id = %(organization)s AND customer_id = %(customer)s AND state <> 'draft'
    ), fact AS MATERIALIZED (
        SELECT issued_on AS day, 'invoice' AS fact, number, id AS invoice_id, NULL::uuid AS payment_id,
            total_minor AS minor, currency
        FROM mine
        UNION ALL
        SELECT (voided_at AT TIME ZONE %(zone)s)::date, 'void', number, id, NULL, -total_minor, currency
        FROM mine WHERE state = 'void'
        UNION ALL
        SELECT (w.created_at AT TIME ZONE %(zone)s)::date, 'write_off', i.number, i.id, NULL, -w.amount_minor,
            w.currency
        FROM write_off w JOIN mine i ON i.id = w.invoice_id
        WHERE w.organization_id = %(organization)s
        UNION ALL
        SELECT c.issued_on, 'credit_note', i.number, i.id, NULL, -c.total_minor, c.currency
        FROM credit_note c JOIN mine i ON i.id = c.invoice_id
        WHERE c.organization_id = %(organization)s
        UNION ALL
        SELECT CASE WHEN a.source_id = a.payment_id THEN p.received_on
                ELSE (a.created_at AT TIME ZONE %(zone)s)::date END,
            CASE WHEN a.source_id = a.payment_id THEN 'payment' WHEN r.id IS NOT NULL THEN 'refund'
                WHEN d.id IS NOT NULL THEN 'dispute' WHEN f.id IS NOT NULL THEN 'freed' ELSE 'credit' END,
            i.number, i.id, a.payment_id, -a.amount_minor, a.currency
        FROM mine i
            JOIN allocation a ON a.invoice_id = i.id AND a.organization_id = %(organization)s
            JOIN payment p ON p.id = a.payment_id AND p.organization_id = a.organization_id
            LEFT JOIN refund r ON r.id = a.source_id AND r.organization_id = a.organization_id
            LEFT JOIN dispute d ON d.id = a.source_id AND d.organization_id = a.organization_id
            LEFT JOIN freed f ON f.id = a.source_id AND f.organization_id = a.organization_id
    )
    SELECT day, fact, number, invoice_id, payment_id, minor, currency FROM fact WHERE day <= %(end)s AND minor <> 0
"""


def by_documents(organization: Organization, customer: Customer, *, end: date) -> list[Said]:
    """All that happened up to and with ``end``, in no order."""
    about: dict[str, UUID | str | date] = {
        "organization": organization.id,
        "customer": customer.id,
        "zone": organization.time_zone,
        "end": end,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, about)
        return [Said(*row) for row in cursor.fetchall()]


def check(organization: Organization, found: CustomerStatement) -> None:
    """Rows, sums and what was carried in are what the documents say."""
    said = by_documents(organization, found.customer, end=found.end)
    within = [each for each in said if each.day >= found.start]
    rows = [
        Said(row.on, row.fact, row.number, row.invoice_id, row.payment_id, row.minor, each.currency)
        for each in found.currencies
        for row in each.rows
    ]
    assert Counter(rows) == Counter(within)
    for each in found.currencies:
        here = [one for one in said if one.currency == each.currency]
        assert each.opening_minor == sum(one.minor for one in here if one.day < found.start)
        assert each.closing_minor == sum(one.minor for one in here)
        assert [row.on for row in each.rows] == sorted(row.on for row in each.rows)
        assert [row.balance_minor - row.minor for row in each.rows[:1]] == [each.opening_minor] * bool(
            each.rows
        )
