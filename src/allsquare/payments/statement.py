"""What a customer was asked for and what counted towards it, from day to day.

Read from the documents (invoices, allocations), not from the journal: that both say the same is a promise, and a test.
A statement is about what is owed, so a payment stands in it with what counted towards invoices; what it left over is
customer credit, said beside.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import bulk
from allsquare.core.errors import InvalidInput
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization

#: Rows that a page, a PDF and a mail can carry.
MOST_ROWS: Final = 5000


class Fact(StrEnum):
    """What a row tells of, in the order in which they come on one day."""

    INVOICE = "invoice"
    VOID = "void"
    WRITE_OFF = "write_off"
    PAYMENT = "payment"
    CREDIT = "credit"
    REFUND = "refund"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class StatementRow:
    """``minor`` is positive where more is owed by it; ``balance_minor`` is what is owed after it. ``payment_id`` is the
    payment behind it, if there is one."""

    on: date
    fact: Fact
    number: str
    invoice_id: UUID
    payment_id: UUID | None
    minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class CurrencyStatement:
    """``credit_minor`` is the customer credit at the end: no part of the balance."""

    currency: str
    opening_minor: int
    rows: tuple[StatementRow, ...]
    closing_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class CustomerStatement:
    """Both days are inclusive. A currency in which nothing ever happened is not there."""

    customer: Customer
    start: date
    end: date
    currencies: tuple[CurrencyStatement, ...]


class StatementTooLong(InvalidInput):
    """More rows than a document can carry."""

    code = "statement_too_long"


# Dates are those of the journal: a payment counts from the day the money came, all else from the day it was booked.
_FACTS: Final = """
    WITH fact AS (
        SELECT issued_on AS day, 'invoice' AS fact, number, id AS invoice_id, NULL::uuid AS payment_id,
            total_minor AS minor, currency, id
        FROM invoice WHERE organization_id = %s AND customer_id = %s AND state <> 'draft'
        UNION ALL
        SELECT (voided_at AT TIME ZONE %s)::date, 'void', number, id, NULL, -total_minor, currency, id
        FROM invoice WHERE organization_id = %s AND customer_id = %s AND state = 'void'
        UNION ALL
        SELECT (w.created_at AT TIME ZONE %s)::date, 'write_off', i.number, i.id, NULL, -w.amount_minor,
            w.currency, w.id
        FROM write_off w JOIN invoice i ON i.id = w.invoice_id AND i.organization_id = w.organization_id
        WHERE i.organization_id = %s AND i.customer_id = %s
        UNION ALL
        SELECT CASE WHEN a.source_id = a.payment_id THEN p.received_on
                ELSE (a.created_at AT TIME ZONE %s)::date END,
            CASE WHEN a.source_id = a.payment_id THEN 'payment' WHEN r.id IS NOT NULL THEN 'refund'
                WHEN d.id IS NOT NULL THEN 'dispute' ELSE 'credit' END,
            i.number, i.id, a.payment_id, -a.amount_minor, a.currency, a.id
        FROM allocation a
            JOIN invoice i ON i.id = a.invoice_id AND i.organization_id = a.organization_id
            JOIN payment p ON p.id = a.payment_id AND p.organization_id = a.organization_id
            LEFT JOIN refund r ON r.id = a.source_id AND r.organization_id = a.organization_id
            LEFT JOIN dispute d ON d.id = a.source_id AND d.organization_id = a.organization_id
        WHERE i.organization_id = %s AND i.customer_id = %s
    )
"""

_BEFORE: Final = "SELECT currency, sum(minor)::bigint FROM fact WHERE day < %s GROUP BY currency"

_WITHIN: Final = """SELECT currency, day, fact, number, invoice_id, payment_id, minor FROM fact
    WHERE day BETWEEN %s AND %s
    ORDER BY currency, day,
        array_position(ARRAY['invoice', 'void', 'payment', 'credit', 'refund', 'dispute', 'write_off'], fact), id
    LIMIT %s
"""

_CREDIT: Final = """
    SELECT c.currency, sum(c.amount_minor)::bigint FROM credit_movement c
        JOIN payment p ON p.id = c.payment_id AND p.organization_id = c.organization_id
    WHERE c.organization_id = %s AND c.customer_id = %s
        AND CASE WHEN c.source_id = c.payment_id THEN p.received_on
            ELSE (c.created_at AT TIME ZONE %s)::date END <= %s
    GROUP BY c.currency
"""


def statement_of(
    organization: Organization, customer: Customer, *, start: date, end: date
) -> CustomerStatement:
    """From ``start`` to ``end``, both inclusive. Three queries. Raises :class:`InvalidInput` for days in the wrong
    order and :class:`StatementTooLong`."""
    if start > end:
        raise InvalidInput(_("The first day must not come after the last."), field="start")
    zone = organization.time_zone
    whose = (organization.id, customer.id)
    about = [*whose, *(zone, *whose) * 3]
    opening: dict[str, int] = dict(bulk.run(_FACTS + _BEFORE, [*about, start]))
    rows = bulk.run(_FACTS + _WITHIN, [*about, start, end, MOST_ROWS + 1])
    if len(rows) > MOST_ROWS:
        raise StatementTooLong(
            _("More than %(most)s entries fall into these days. Choose a shorter time.")
            % {"most": MOST_ROWS},
            field="start",
        )
    credit: dict[str, int] = dict(bulk.run(_CREDIT, [*whose, zone, end]))
    of_currency: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        of_currency[row[0]].append(row[1:])
    return CustomerStatement(
        customer=customer,
        start=start,
        end=end,
        currencies=tuple(
            _in_currency(code, opening.get(code, 0), of_currency[code], credit.get(code, 0))
            for code in sorted(opening.keys() | of_currency.keys() | credit.keys())
        ),
    )


def _in_currency(code: str, opening: int, rows: list[tuple[Any, ...]], credit: int) -> CurrencyStatement:
    balances = list(accumulate((row[-1] for row in rows), initial=opening))
    return CurrencyStatement(
        currency=code,
        opening_minor=opening,
        rows=tuple(
            StatementRow(day, Fact(fact), number, invoice_id, payment_id, minor, balance)
            for (day, fact, number, invoice_id, payment_id, minor), balance in zip(
                rows, balances[1:], strict=True
            )
        ),
        closing_minor=balances[-1],
        credit_minor=credit,
    )
