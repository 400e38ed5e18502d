"""What is open of a customer, and what of it they choose to pay. Without a script: the choice stands in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.billing.selectors import open_invoices_of
from allsquare.billing.states import is_overdue
from allsquare.core import clock
from allsquare.core.currencies import Currency, currency
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.arrivals import check_amount
from allsquare.payments.errors import InvalidPayment
from allsquare.payments.parts import spans_of
from allsquare.payments.selectors import payments_under_way
from allsquare.payments.several import MOST
from allsquare.payments.span import Span
from allsquare.web.portal.sums import LONGEST
from allsquare.web.ui.formats import amount
from allsquare.web.ui.typed import MoneyField, written

#: Open invoices that are read; more than one payment takes, since some may be under way.
_READ: Final = 2 * MOST


@dataclass(frozen=True, slots=True)
class Owed:
    """An open invoice: ``open`` beyond what is ``under_way``. A payer may pay a part of that, from ``least`` on."""

    invoice: Invoice
    open: Money
    least: Money
    under_way: Money
    is_overdue: bool

    @property
    def takes_parts(self) -> bool:
        return self.least.minor < self.open.minor

    @property
    def field(self) -> str:
        """Of the sum that is typed for it. Short, since a hundred of them stand in an address."""
        return f"part-{self.invoice.id.hex[-12:]}"


@dataclass(frozen=True, slots=True)
class Line:
    """How much of it the payer pays ``now``: all that is open, or the part that they ``typed``, in their own words.
    ``error`` is what is wrong with those."""

    row: Owed
    now: Money
    typed: str = ""
    error: str = ""
    chosen: bool = True

    @property
    def invoice(self) -> Invoice:
        return self.row.invoice

    @property
    def rest(self) -> Money:
        """What stays open after it."""
        return self.row.open - self.now

    @property
    def shown(self) -> str:
        """What stands in its field."""
        return self.typed or written(self.row.open)


@dataclass(frozen=True, slots=True)
class Account:
    """What is open in one currency, the longest due first. Those that are being paid already are ``waiting``."""

    currency: Currency
    rows: Sequence[Owed]
    waiting: Sequence[Owed]
    hidden: int  # more than one payment takes

    @classmethod
    def empty(cls, code: str) -> Account:
        """Where nothing is open: for money on account."""
        return cls(currency(code), (), (), 0)

    @property
    def total(self) -> Money:
        return Money(sum(row.open.minor for row in self.rows), self.currency)


def accounts_of(organization: Organization, customer: Customer) -> list[Account]:
    """One for each currency in which something is open. Four queries."""
    found = open_invoices_of(organization, customer.id, limit=_READ)
    under_way = payments_under_way(organization, [invoice.id for invoice in found])
    spans = spans_of(organization, found, under_way) if found else {}
    rows = [_owed(organization, invoice, spans[invoice.id]) for invoice in found]
    return [
        _account(currency(code), [row for row in rows if row.invoice.currency == code])
        for code in dict.fromkeys(invoice.currency for invoice in found)
    ]


def _account(unit: Currency, rows: Sequence[Owed]) -> Account:
    payable = [row for row in rows if row.open.minor > 0]
    return Account(
        unit, payable[:MOST], [row for row in rows if row.under_way.minor > 0], max(len(payable) - MOST, 0)
    )


def _owed(organization: Organization, invoice: Invoice, allowed: Span) -> Owed:
    unit = currency(invoice.currency)
    return Owed(
        invoice,
        Money(allowed.whole, unit),
        Money(allowed.least, unit),
        Money(min(allowed.claimed, invoice.open_minor), unit),
        is_overdue(invoice.state, due_on=invoice.due_on, today=clock.today(organization)),
    )


def lines_of(account: Account, choice: Choice | None, given: QueryDict, *, several: bool) -> list[Line]:
    """All that may be chosen, with what was; at first all of it, or the first where one is paid at a time."""
    mine = given.get("currency") == account.currency.code
    found = [_line(row, given.get(row.field, "") if mine else "") for row in account.rows]
    if choice is None:
        return [replace(line, chosen=several or not place) for place, line in enumerate(found)]
    chosen = {line.invoice.id for line in choice.rows}
    return [line if line.invoice.id in chosen else replace(line, chosen=False, error="") for line in found]


def _line(row: Owed, given: str) -> Line:
    typed = given.strip()[:LONGEST]
    if not typed or not row.takes_parts:
        return Line(row, row.open)
    try:
        now: Money | None = MoneyField(currency=row.open.currency).clean(typed)
    except ValidationError as problem:
        return Line(row, row.open, typed, " ".join(problem.messages))
    if now is None or now.minor < row.least.minor:
        words = _("That is too little: pay at least %(least)s. Nothing was charged.")
        return Line(row, row.open, typed, words % {"least": amount(row.least)})
    if now.minor > row.open.minor:
        words = _("That is more than can be paid now: %(most)s at most. Nothing was charged.")
        return Line(row, row.open, typed, words % {"most": amount(row.open)})
    return Line(row, now, typed if now.minor < row.open.minor else "")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a payer chose in one currency: ``rows``, each with how much of it. ``typed`` is the sum on account in their
    own words, and ``error`` what is wrong with it or with the rest; nothing wrong is ever asked for."""

    currency: Currency
    rows: Sequence[Line] = ()
    on_account: int = 0
    typed: str = ""
    error: str = ""
    is_mistyped: bool = False  # the sum on account is
    gone: bool = False  # something that they chose is not open any more
    shares: Mapping[UUID, int] = field(default_factory=dict)

    @property
    def total(self) -> Money:
        return Money(sum(self.shares.values()) + self.on_account, self.currency)

    @property
    def more(self) -> Money:
        return Money(self.on_account, self.currency)

    @property
    def is_right(self) -> bool:
        return not self.error and self.total.minor > 0


def choice_of(
    organization: Organization, customer: Customer, accounts: Sequence[Account], given: QueryDict
) -> Choice | None:
    """``None`` where nothing is chosen yet."""
    code = given.get("currency", "")
    account = next((each for each in accounts if each.currency.code == code), None)
    if account is None:
        if not code or code != customer.currency:
            return None
        account = Account.empty(code)
    wanted = set(given.getlist("invoice"))
    rows = [_line(row, given.get(row.field, "")) for row in account.rows if str(row.invoice.id) in wanted]
    typed = given.get("on_account", "").strip()[:LONGEST]
    on_account, error = _on_account(organization, account.currency, typed, rows)
    mistyped = bool(error)
    if not rows and not on_account and not error:
        error = _("Choose at least one invoice. Nothing was charged.")
    if len(rows) > 1 and not organization.several_invoices:
        error = _("Each invoice is paid by itself here. Choose one. Nothing was charged.")
    elif any(row.error for row in rows):
        error = error or _("Look at the amounts that are marked. Nothing was charged.")
    return Choice(
        account.currency,
        rows,
        on_account,
        typed,
        error,
        is_mistyped=mistyped,
        gone=len(rows) < len(wanted),
        shares={row.invoice.id: row.now.minor for row in rows},
    )


def _on_account(
    organization: Organization, unit: Currency, typed: str, rows: Sequence[Line]
) -> tuple[int, str]:
    """The sum, and what is wrong with it: by itself, or together with what is paid of ``rows``."""
    if not typed or not organization.on_account:
        return 0, ""
    try:
        found: Money = MoneyField(currency=unit).clean(typed)
        check_amount(found)
        check_amount(sum((row.now for row in rows), start=found))
    except ValidationError as problem:
        return 0, " ".join(problem.messages)
    except InvalidPayment as problem:
        return 0, problem.message
    return found.minor, ""
