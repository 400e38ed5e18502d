"""What a customer was asked for and what counted towards it, from day to day.

Read from the journal, where all of it stands in one index: a customer may have tens of thousands of invoices. That the
documents (invoices, allocations, write-offs) say the same is a promise, and a test. A statement is about what is owed,
so a payment stands in it with what counted towards invoices; what it left over is customer credit, said beside. What
came to nothing, an invoice of zero, does not stand in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.core import bulk
from allsquare.core.currencies import currency
from allsquare.core.errors import AllsquareError, InvalidInput
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger import sub_ledger
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.sub_ledger import Asked, Line, Place, Sums

#: Rows that a PDF and a mail can carry.
MOST_ROWS: Final = 5000
#: Rows of a page on the screen.
PAGE_ROWS: Final = 100


class Fact(StrEnum):
    """What a row tells of."""

    INVOICE = "invoice"
    VOID = "void"
    WRITE_OFF = "write_off"
    PAYMENT = "payment"
    CREDIT = "credit"
    REFUND = "refund"
    DISPUTE = "dispute"
    CREDIT_NOTE = "credit_note"
    FREED = "freed"

    @property
    def word(self) -> str:
        """Said before the invoice's number."""
        return str(_WORDS[self])


_WORDS: Final = {
    Fact.INVOICE: _lazy("Invoice"),
    Fact.VOID: _lazy("Made void: invoice"),
    Fact.WRITE_OFF: _lazy("Written off: invoice"),
    Fact.PAYMENT: _lazy("Payment for invoice"),
    Fact.CREDIT: _lazy("Credit used for invoice"),
    Fact.REFUND: _lazy("Refund, invoice"),
    Fact.DISPUTE: _lazy("Taken back by the bank, invoice"),
    Fact.CREDIT_NOTE: _lazy("Credit note for invoice"),
    Fact.FREED: _lazy("Kept as credit: paid for invoice"),
}


@dataclass(frozen=True, slots=True)
class StatementRow:
    """``minor`` is positive where more is owed by it; ``balance_minor`` is what is owed after it. ``payment_id`` is the
    payment behind it, if there is one; ``document`` the number of the credit note."""

    on: date
    fact: Fact
    number: str
    invoice_id: UUID
    payment_id: UUID | None
    minor: int
    balance_minor: int
    document: str = ""


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
    """``entries`` are those of all pages; ``next`` is where the next page begins, empty on the last one, ``previous``
    where the one before does, empty where that is the first one."""

    customer: Customer
    start: date
    end: date
    parts: tuple[PagePart, ...]
    entries: int
    next: str
    previous: str
    is_first: bool


class StatementTooLong(InvalidInput):
    """More rows than a document can carry. From ``fits_from`` on they are few enough, if one day alone is."""

    code = "statement_too_long"

    def __init__(self, message: str, *, fits_from: date | None) -> None:
        super().__init__(message, field="start")
        self.fits_from = fits_from


#: What a booking on the receivable account tells, by the kind of its entry.
_FACTS: Final = {
    "invoice.issued": Fact.INVOICE,
    "invoice.voided": Fact.VOID,
    "invoice.written_off": Fact.WRITE_OFF,
    "invoice.write_off_reversed": Fact.WRITE_OFF,
    "payment.settled": Fact.PAYMENT,
    "credit.used": Fact.CREDIT,
    "refund.settled": Fact.REFUND,
    "dispute.lost": Fact.DISPUTE,
    "credit_note.issued": Fact.CREDIT_NOTE,
    "credit.freed": Fact.FREED,
}

#: Numbers of invoices; whose money it was that a payment, a refund, a dispute or a use of credit moved; and numbers of
#: credit notes.
_NAMES: Final = """
    SELECT id, number, NULL::uuid FROM invoice WHERE organization_id = %(organization)s AND id = ANY(%(invoices)s)
    UNION ALL
    SELECT source_id, NULL, payment_id FROM allocation
    WHERE organization_id = %(organization)s AND source_id = ANY(%(sources)s)
    UNION ALL
    SELECT id, number, NULL FROM credit_note WHERE organization_id = %(organization)s AND id = ANY(%(sources)s)
"""

_CREDIT: Final = """
    SELECT c.currency, sum(c.amount_minor)::bigint FROM credit_movement c
        JOIN payment p ON p.id = c.payment_id AND p.organization_id = c.organization_id
    WHERE c.organization_id = %s AND c.customer_id = %s
        AND CASE WHEN c.source_id = c.payment_id THEN p.received_on
            ELSE (c.created_at AT TIME ZONE %s)::date END <= %s
    GROUP BY c.currency
"""


@dataclass(frozen=True, slots=True)
class _Read:
    sums: Mapping[str, Sums]
    lines: Sequence[Line]
    credit: Mapping[str, int]

    @property
    def codes(self) -> list[str]:
        """Those in which anything had happened by the end."""
        return sorted(self.sums.keys() | self.credit.keys())


def statement_of(
    organization: Organization, customer: Customer, *, start: date, end: date
) -> CustomerStatement:
    """From ``start`` to ``end``, both inclusive. Four queries. Raises :class:`InvalidInput` for days in the wrong
    order and :class:`StatementTooLong`."""
    read = _read(organization, customer, start, end, limit=MOST_ROWS + 1)
    if len(read.lines) > MOST_ROWS:
        fits = fits_from(organization, customer, start=start, end=end)
        words = _("More than %(most)s entries fall into these days. Choose a shorter time.")
        raise StatementTooLong(words % {"most": MOST_ROWS}, fits_from=fits)
    names = _named(organization, read.lines)
    return CustomerStatement(
        customer=customer,
        start=start,
        end=end,
        currencies=tuple(_in_currency(code, read, names) for code in read.codes),
    )


def statement_page(
    organization: Organization,
    customer: Customer,
    *,
    start: date,
    end: date,
    after: str = "",
    rows: int | None = None,
) -> StatementPage:
    """The ``rows`` (``PAGE_ROWS``) ``after`` a place (``StatementPage.next`` of the page before), with the balance
    carried to them. Four queries, one more on a later page. Raises :class:`InvalidInput`."""
    place, most = _placed(after), rows or PAGE_ROWS
    read = _read(organization, customer, start, end, after=place, limit=most + 1)
    here = read.lines[:most]
    more = read.lines[most].place.currency if len(read.lines) > most else ""
    last = here[-1].place.currency if more else ""
    shown = _Read(read.sums, here, read.credit)
    names = _named(organization, here)
    carried = place.currency if any(line.place.currency == place.currency for line in here) else ""
    return StatementPage(
        customer=customer,
        start=start,
        end=end,
        parts=tuple(
            PagePart(_in_currency(code, shown, names), begins=code != place.currency, ends=code != more)
            for code in shown.codes
            if (code > place.currency or code == carried) and (not last or code <= last)
        ),
        entries=sum(each.lines for each in read.sums.values()),
        next=_text(here[-1].place) if more else "",
        previous=_before(_asked(organization, customer, start, end), place, most) if after else "",
        is_first=not after,
    )


def fits_from(organization: Organization, customer: Customer, *, start: date, end: date) -> date | None:
    """The first day from which on all up to ``end`` fits a document; ``None`` where one day has too much."""
    found, entries = None, 0
    for day, count in sub_ledger.lines_by_day(_asked(organization, customer, start, end)):
        entries += count
        if entries > MOST_ROWS:
            break
        found = day
    return found


def _placed(text: str) -> Place:
    """Raises :class:`InvalidInput`: nobody types this, but an address may be cut."""
    if not text:
        return Place()
    try:
        code, day, line = text.split(".")
        return Place(currency(code).code, date.fromisoformat(day), UUID(line))
    except (ValueError, AllsquareError):
        raise InvalidInput(_("There is no such page. Begin at the first one."), field="after") from None


def _text(place: Place) -> str:
    return ".".join(map(str, place))


def _before(asked: Asked, place: Place, rows: int) -> str:
    found = sub_ledger.place_before(asked, place=place, lines=rows)
    return _text(found) if found else ""


def _asked(organization: Organization, customer: Customer, start: date, end: date) -> Asked:
    return Asked(organization, AccountRole.RECEIVABLE, customer.id, start, end)


def _read(
    organization: Organization,
    customer: Customer,
    start: date,
    end: date,
    *,
    limit: int,
    after: Place = Place(),  # noqa: B008  # frozen
) -> _Read:
    if start > end:
        raise InvalidInput(_("The first day must not come after the last."), field="start")
    asked = _asked(organization, customer, start, end)
    credit = bulk.run(_CREDIT, [organization.id, customer.id, organization.time_zone, end])
    return _Read(
        sums=sub_ledger.sums(asked, place=after),
        lines=sub_ledger.lines(asked, after=after, limit=limit),
        credit=dict(credit),
    )


@dataclass(frozen=True, slots=True)
class _Names:
    numbers: Mapping[UUID, str]
    payments: Mapping[UUID, UUID]


def _named(organization: Organization, lines: Sequence[Line]) -> _Names:
    found = bulk.run(
        _NAMES,
        {
            "organization": organization.id,
            "invoices": list({line.document_id for line in lines if line.document_id}),
            "sources": list({line.source_id for line in lines}),
        },
    )
    return _Names(
        numbers={name: number for name, number, payment in found if payment is None},
        payments={name: payment for name, _number, payment in found if payment is not None},
    )


def _in_currency(code: str, read: _Read, names: _Names) -> CurrencyStatement:
    """Beginning with the first row that was read."""
    lines = [line for line in read.lines if line.place.currency == code]
    sums = read.sums.get(code, Sums())
    balances = list(accumulate((line.minor for line in lines), initial=sums.carried))
    return CurrencyStatement(
        currency=code,
        opening_minor=sums.carried,
        rows=tuple(_row(line, balance, names) for line, balance in zip(lines, balances[1:], strict=True)),
        closing_minor=sums.closing,
        credit_minor=read.credit.get(code, 0),
    )


def _row(line: Line, balance: int, names: _Names) -> StatementRow:
    invoice = line.document_id
    if invoice is None:  # ``verify`` finds it (proof ``receivable_subledger``)
        raise ValueError(f"line {line.place.id} of a customer names no invoice")
    return StatementRow(
        on=line.place.day,
        fact=_FACTS[line.kind],
        number=names.numbers[invoice],
        invoice_id=invoice,
        payment_id=names.payments.get(line.source_id),
        minor=line.minor,
        balance_minor=balance,
        document=names.numbers.get(line.source_id, "") if line.kind == "credit_note.issued" else "",
    )
