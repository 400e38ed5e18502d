"""What a customer was asked for and what counted towards it, from day to day.

Read from the documents (invoices, allocations), not from the journal: that both say the same is a promise, and a test.
A statement is about what is owed, so a payment stands in it with what counted towards invoices; what it left over is
customer credit, said beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from allsquare.core import bulk
from allsquare.core.currencies import currency
from allsquare.core.errors import AllsquareError, InvalidInput
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization

#: Rows that a PDF and a mail can carry.
MOST_ROWS: Final = 5000
#: Rows of a page on the screen.
PAGE_ROWS: Final = 200


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


@dataclass(frozen=True, slots=True)
class PagePart:
    """One currency on a page. Without ``begins`` its opening is carried from the page before; without ``ends`` it goes
    on upon the next."""

    statement: CurrencyStatement
    begins: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class StatementPage:
    """``entries`` are those of all pages; ``next`` is where the next page begins, empty on the last one."""

    customer: Customer
    start: date
    end: date
    parts: tuple[PagePart, ...]
    entries: int
    next: str
    is_first: bool


class StatementTooLong(InvalidInput):
    """More rows than a document can carry. From ``fits_from`` on they are few enough, if one day alone is."""

    code = "statement_too_long"

    def __init__(self, message: str, *, fits_from: date | None) -> None:
        super().__init__(message, field="start")
        self.fits_from = fits_from


class _Place(NamedTuple):
    """Where a row stands: in the order of currencies, days, facts of one day, and ids."""

    currency: str = ""
    day: date = date.min
    place: int = 0
    id: UUID = UUID(int=0)

    def text(self) -> str:
        return f"{self.currency}.{self.day}.{self.place}.{self.id}"


# Dates are those of the journal: a payment counts from the day the money came, all else from the day it was booked.
_FACTS: Final = """
    WITH mine AS MATERIALIZED (
        SELECT id, number, state, currency, issued_on, total_minor, voided_at
        FROM invoice WHERE organization_id = %(organization)s AND customer_id = %(customer)s AND state <> 'draft'
    ), fact AS MATERIALIZED (
        SELECT issued_on AS day, 1 AS place, 'invoice' AS fact, number, id AS invoice_id, NULL::uuid AS payment_id,
            total_minor AS minor, currency, id
        FROM mine
        UNION ALL
        SELECT (voided_at AT TIME ZONE %(zone)s)::date, 2, 'void', number, id, NULL, -total_minor, currency, id
        FROM mine WHERE state = 'void'
        UNION ALL
        SELECT (w.created_at AT TIME ZONE %(zone)s)::date, 7, 'write_off', i.number, i.id, NULL, -w.amount_minor,
            w.currency, w.id
        FROM write_off w JOIN mine i ON i.id = w.invoice_id
        WHERE w.organization_id = %(organization)s
        UNION ALL
        SELECT CASE WHEN a.source_id = a.payment_id THEN p.received_on
                ELSE (a.created_at AT TIME ZONE %(zone)s)::date END,
            CASE WHEN a.source_id = a.payment_id THEN 3 WHEN r.id IS NOT NULL THEN 5
                WHEN d.id IS NOT NULL THEN 6 ELSE 4 END,
            CASE WHEN a.source_id = a.payment_id THEN 'payment' WHEN r.id IS NOT NULL THEN 'refund'
                WHEN d.id IS NOT NULL THEN 'dispute' ELSE 'credit' END,
            i.number, i.id, a.payment_id, -a.amount_minor, a.currency, a.id
        FROM mine i
            JOIN allocation a ON a.invoice_id = i.id AND a.organization_id = %(organization)s
            JOIN payment p ON p.id = a.payment_id AND p.organization_id = a.organization_id
            LEFT JOIN refund r ON r.id = a.source_id AND r.organization_id = a.organization_id
            LEFT JOIN dispute d ON d.id = a.source_id AND d.organization_id = a.organization_id
    )
"""

#: The sums of each currency, then the rows after a place: all that happened is read once.
_READ: Final = f"""{_FACTS}
    SELECT currency,
        coalesce(sum(minor) FILTER (WHERE day < %(start)s OR (
            currency = %(currency)s AND (day, place, id) <= (%(day)s, %(place)s, %(id)s)
        )), 0)::bigint,
        sum(minor)::bigint,
        count(*) FILTER (WHERE day >= %(start)s),
        NULL::date, NULL, NULL, NULL::text, NULL::uuid, NULL::uuid, NULL::bigint, NULL::uuid
    FROM fact WHERE day <= %(end)s GROUP BY currency
    UNION ALL
    (SELECT currency, NULL, NULL, NULL, day, place, fact, number, invoice_id, payment_id, minor, id
    FROM fact
    WHERE day BETWEEN %(start)s AND %(end)s
        AND (currency, day, place, id) > (%(currency)s, %(day)s, %(place)s, %(id)s)
    ORDER BY currency, day, place, id LIMIT %(limit)s)
"""  # noqa: S608  # the facts from above

_BY_DAY: Final = f"""{_FACTS}
    SELECT day, count(*) FROM fact WHERE day BETWEEN %(start)s AND %(end)s GROUP BY day ORDER BY day DESC
"""  # noqa: S608  # the facts from above

_CREDIT: Final = """
    SELECT c.currency, sum(c.amount_minor)::bigint FROM credit_movement c
        JOIN payment p ON p.id = c.payment_id AND p.organization_id = c.organization_id
    WHERE c.organization_id = %s AND c.customer_id = %s
        AND CASE WHEN c.source_id = c.payment_id THEN p.received_on
            ELSE (c.created_at AT TIME ZONE %s)::date END <= %s
    GROUP BY c.currency
"""


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of one currency: what was owed before the rows that were read, and at the end."""

    carried: int = 0
    closing: int = 0
    entries: int = 0


@dataclass(frozen=True, slots=True)
class _Read:
    sums: dict[str, _Sums]
    rows: list[tuple[_Place, tuple[Any, ...]]]
    credit: dict[str, int]

    @property
    def codes(self) -> list[str]:
        """Those in which anything had happened by the end."""
        return sorted(self.sums.keys() | self.credit.keys())


def statement_of(
    organization: Organization, customer: Customer, *, start: date, end: date
) -> CustomerStatement:
    """From ``start`` to ``end``, both inclusive. Two queries. Raises :class:`InvalidInput` for days in the wrong
    order and :class:`StatementTooLong`."""
    read = _read(organization, customer, start, end, limit=MOST_ROWS + 1)
    if len(read.rows) > MOST_ROWS:
        fits = fits_from(organization, customer, start=start, end=end)
        words = _("More than %(most)s entries fall into these days. Choose a shorter time.")
        raise StatementTooLong(words % {"most": MOST_ROWS}, fits_from=fits)
    return CustomerStatement(
        customer=customer,
        start=start,
        end=end,
        currencies=tuple(_in_currency(code, read) for code in read.codes),
    )


def statement_page(
    organization: Organization, customer: Customer, *, start: date, end: date, after: str = ""
) -> StatementPage:
    """The rows ``after`` a place (``StatementPage.next`` of the page before), at most ``PAGE_ROWS``, with the balance
    carried to them. Two queries. Raises :class:`InvalidInput`."""
    place = _placed(after)
    read = _read(organization, customer, start, end, after=place, limit=PAGE_ROWS + 1)
    here = read.rows[:PAGE_ROWS]
    more = read.rows[PAGE_ROWS][0].currency if len(read.rows) > PAGE_ROWS else ""
    last = here[-1][0].currency if more else ""
    shown = _Read(read.sums, here, read.credit)
    carried = place.currency if any(at.currency == place.currency for at, _row in here) else ""
    return StatementPage(
        customer=customer,
        start=start,
        end=end,
        parts=tuple(
            PagePart(_in_currency(code, shown), begins=code != place.currency, ends=code != more)
            for code in shown.codes
            if (code > place.currency or code == carried) and (not last or code <= last)
        ),
        entries=sum(each.entries for each in read.sums.values()),
        next=here[-1][0].text() if more else "",
        is_first=not after,
    )


def fits_from(organization: Organization, customer: Customer, *, start: date, end: date) -> date | None:
    """The first day from which on all up to ``end`` fits a document; ``None`` where one day has too much."""
    days = _ask(_BY_DAY, _about(organization, customer, start, end))
    found, entries = None, 0
    for day, count in days:
        entries += count
        if entries > MOST_ROWS:
            break
        found = day
    return found


def _placed(text: str) -> _Place:
    """Raises :class:`InvalidInput`: nobody types this, but an address may be cut."""
    if not text:
        return _Place()
    try:
        code, day, place, row = text.split(".")
        found = _Place(currency(code).code, date.fromisoformat(day), int(place[:1]), UUID(row))
    except (ValueError, AllsquareError):
        raise InvalidInput(_("There is no such page. Begin at the first one."), field="after") from None
    return found


def _read(
    organization: Organization,
    customer: Customer,
    start: date,
    end: date,
    *,
    limit: int,
    after: _Place = _Place(),  # noqa: B008  # frozen
) -> _Read:
    if start > end:
        raise InvalidInput(_("The first day must not come after the last."), field="start")
    about = {**_about(organization, customer, start, end), **after._asdict(), "limit": limit}
    sums: dict[str, _Sums] = {}
    rows: list[tuple[_Place, tuple[Any, ...]]] = []
    for code, carried, closing, entries, *row in _ask(_READ, about):
        if entries is not None:
            sums[code] = _Sums(carried, closing, entries)
        else:
            rows.append((_Place(code, row[0], row[1], row[-1]), (row[0], *row[2:-1])))
    asked = [organization.id, customer.id, organization.time_zone, end]
    return _Read(sums, sorted(rows, key=lambda row: row[0]), dict(bulk.run(_CREDIT, asked)))


def _about(organization: Organization, customer: Customer, start: date, end: date) -> dict[str, Any]:
    return {
        "organization": organization.id,
        "customer": customer.id,
        "zone": organization.time_zone,
        "start": start,
        "end": end,
    }


def _ask(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _in_currency(code: str, read: _Read) -> CurrencyStatement:
    """Beginning with the first row that was read."""
    rows = [row for at, row in read.rows if at.currency == code]
    sums = read.sums.get(code, _Sums())
    balances = list(accumulate((row[-1] for row in rows), initial=sums.carried))
    return CurrencyStatement(
        currency=code,
        opening_minor=sums.carried,
        rows=tuple(
            StatementRow(day, Fact(fact), number, invoice_id, payment_id, minor, balance)
            for (day, fact, number, invoice_id, payment_id, minor), balance in zip(
                rows, balances[1:], strict=True
            )
        ),
        closing_minor=sums.closing,
        credit_minor=read.credit.get(code, 0),
    )
