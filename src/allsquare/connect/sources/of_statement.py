"""The statement of a customer, however long: a PDF and a mail carry only so much of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.connect.errors import StatementMoved
from allsquare.connect.files.part import Record
from allsquare.connect.rows import DAY, NUMBER, TEXT, Head
from allsquare.connect.sources.source import Part
from allsquare.core.currencies import currency
from allsquare.core.errors import InvalidInput
from allsquare.core.listing.counting import Count
from allsquare.core.money import Money
from allsquare.customers.selectors import get_customer
from allsquare.identity.models import Organization
from allsquare.payments.statement import PagePart, StatementPage, StatementRow, statement_page

#: A place after the last row. It is no empty one, at which the first row stands.
_ENDED: Final = "ended"
#: In place of a balance, where the closing one was written.
_CLOSED: Final = "closed"


class StatementSource:
    """``parameters`` has one ``customer``, ``start`` and ``end``. Raises ``NotFound``, ``InvalidInput``."""

    def __init__(self, organization: Organization, parameters: Mapping[str, Sequence[str]]) -> None:
        self._organization = organization
        self._customer = get_customer(organization, _id(parameters))
        self._start, self._end = _day(parameters, "start"), _day(parameters, "end")

    def kept(self) -> Mapping[str, Any]:
        return {
            "customer": [str(self._customer.id)],
            "start": [self._start.isoformat()],
            "end": [self._end.isoformat()],
            "name": self._customer.name,
        }

    def count(self) -> Count:
        return Count(self._page("", rows=1).entries)

    def heads(self) -> Sequence[Head]:
        words = (_("Date"), _("Entry"), _("Invoice"), _("Billed"), _("Paid"), _("Balance"), _("Currency"))
        return [Head(word) for word in words]

    def read(self, place: str, done: int, *, limit: int) -> Part:
        """A place ends in the balance that was written there. Raises :class:`StatementMoved` where it is another by
        now, or goes on where the closing balance was written: a file that does not add up is worse than none."""
        if place == _ENDED:
            return Part([], 0, _ENDED, ended=True)
        after, _separator, balance = place.partition("=")
        page = self._page(after, rows=limit)
        if balance and page.parts and not page.parts[0].begins:
            _check(balance, page.parts[0].statement.opening_minor)
        rows = [row for part in page.parts for row in part.statement.rows]
        return Part(
            records=[record for part in page.parts for record in self._records(part)],
            rows=len(rows),
            place=_place(page, rows),
            ended=not page.next,
        )

    def _page(self, after: str, *, rows: int) -> StatementPage:
        return statement_page(
            self._organization, self._customer, start=self._start, end=self._end, after=after, rows=rows
        )

    def _records(self, part: PagePart) -> Iterator[Record]:
        found = part.statement
        if part.begins:
            opening = _amount(found.opening_minor, found.currency)
            yield _record(self._start, _("Balance brought forward"), found.currency, balance=opening)
        for row in found.rows:
            yield _entry(row, found.currency)
        if part.ends:
            if found.credit_minor:
                words = _("Customer credit, not part of the balance")
                credit = _amount(found.credit_minor, found.currency)
                yield _record(self._end, words, found.currency, balance=credit)
            closing = _amount(found.closing_minor, found.currency)
            yield _record(self._end, _("Balance"), found.currency, balance=closing)


def _place(page: StatementPage, rows: Sequence[StatementRow]) -> str:
    if not page.next:
        return _ENDED
    return f"{page.next}={_CLOSED if page.parts[-1].ends else rows[-1].balance_minor}"


def _check(balance: str, opening: int) -> None:
    if balance == _CLOSED or int(balance) != opening:
        raise StatementMoved(
            _("Something was booked on these days while the file was written. Let it begin anew.")
        )


def _entry(row: StatementRow, code: str) -> Record:
    amount = _amount(abs(row.minor), code)
    return _record(
        row.on,
        row.fact.word,
        code,
        number=row.number,
        billed=amount if row.minor >= 0 else "",
        paid=amount if row.minor < 0 else "",
        balance=_amount(row.balance_minor, code),
    )


def _record(
    on: date, words: str, code: str, *, number: str = "", billed: str = "", paid: str = "", balance: str = ""
) -> Record:
    amounts = [(NUMBER, text) if text else None for text in (billed, paid, balance)]
    return [(DAY, on.isoformat()), (TEXT, words), (TEXT, number) if number else None, *amounts, (TEXT, code)]


def _amount(minor: int, code: str) -> str:
    return Money(minor, currency(code)).plain


def _id(parameters: Mapping[str, Sequence[str]]) -> UUID:
    try:
        return UUID("".join(parameters.get("customer", ())))
    except ValueError:
        raise InvalidInput(_("There is no such customer."), field="customer") from None


def _day(parameters: Mapping[str, Sequence[str]], name: str) -> date:
    try:
        return date.fromisoformat("".join(parameters.get(name, ())))
    except ValueError:
        raise InvalidInput(_("This is not a date. Write it like 2026-03-31."), field=name) from None
