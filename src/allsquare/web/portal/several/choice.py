"""What is open of a customer, and what of it they choose to pay. Without a script: the choice stands in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from allsquare.payments.models import Payment
from allsquare.payments.selectors import payments_under_way
from allsquare.payments.several import MOST
from allsquare.payments.under_way import is_under_way
from allsquare.web.portal.sums import LONGEST
from allsquare.web.ui.typed import MoneyField

#: Open invoices that are read; more than one payment takes, since some may be under way.
_READ: Final = 2 * MOST


@dataclass(frozen=True, slots=True)
class Owed:
    """An open invoice: ``open`` beyond what is ``under_way``."""

    invoice: Invoice
    open: Money
    under_way: Money
    is_overdue: bool


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
    """One for each currency in which something is open. Three queries."""
    found = open_invoices_of(organization, customer.id, limit=_READ)
    under_way = payments_under_way(organization, [invoice.id for invoice in found])
    rows = [_owed(organization, invoice, under_way) for invoice in found]
    return [
        _account(currency(code), [row for row in rows if row.invoice.currency == code])
        for code in dict.fromkeys(invoice.currency for invoice in found)
    ]


def _account(unit: Currency, rows: Sequence[Owed]) -> Account:
    payable = [row for row in rows if row.open.minor > 0]
    return Account(
        unit, payable[:MOST], [row for row in rows if row.under_way.minor > 0], max(len(payable) - MOST, 0)
    )


def _owed(organization: Organization, invoice: Invoice, payments: Sequence[Payment]) -> Owed:
    unit = currency(invoice.currency)
    claimed = sum(
        payment.towards_minor
        for payment in payments
        if payment.towards_id == invoice.id and is_under_way(payment)
    )
    return Owed(
        invoice,
        Money(max(invoice.open_minor - claimed, 0), unit),
        Money(min(claimed, invoice.open_minor), unit),
        is_overdue(invoice.state, due_on=invoice.due_on, today=clock.today(organization)),
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """What a payer chose in one currency. ``typed`` is the sum on account in their own words, and ``error`` what is
    wrong with it or with the rest; nothing wrong is ever asked for."""

    currency: Currency
    rows: Sequence[Owed] = ()
    on_account: int = 0
    typed: str = ""
    error: str = ""
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
    rows = [row for row in account.rows if str(row.invoice.id) in wanted]
    typed = given.get("on_account", "").strip()[:LONGEST]
    on_account, error = _on_account(organization, account.currency, typed, rows)
    if not rows and not on_account and not error:
        error = _("Choose at least one invoice. Nothing was charged.")
    if len(rows) > 1 and not organization.several_invoices:
        error = _("Each invoice is paid by itself here. Choose one. Nothing was charged.")
    return Choice(
        account.currency,
        rows,
        on_account,
        typed,
        error,
        gone=len(rows) < len(wanted),
        shares={row.invoice.id: row.open.minor for row in rows},
    )


def _on_account(
    organization: Organization, unit: Currency, typed: str, rows: Sequence[Owed]
) -> tuple[int, str]:
    """The sum, and what is wrong with it: by itself, or together with what is open of ``rows``."""
    if not typed or not organization.on_account:
        return 0, ""
    try:
        found: Money = MoneyField(currency=unit).clean(typed)
        check_amount(found)
        check_amount(sum((row.open for row in rows), start=found))
    except ValidationError as problem:
        return 0, " ".join(problem.messages)
    except InvalidPayment as problem:
        return 0, problem.message
    return found.minor, ""
