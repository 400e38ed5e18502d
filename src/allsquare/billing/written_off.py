"""Pure: how much tax is in what is written off, and what it books.

Whether the tax may be taken back is a question of the law of the land and of time (in Germany when the debt cannot be
collected, § 17 UStG; in the United Kingdom six months after it was due), so a person says it. Tax is a share of a
running total: in however many parts an invoice is written off, the parts sum to what it would be at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from allsquare.core.rounding import RoundingPolicy, round_ratio
from allsquare.ledger import memos
from allsquare.ledger.amounts import to_base
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.drafts import EntryDraft, LineDraft
from allsquare.ledger.selectors import Chart


@dataclass(frozen=True, slots=True)
class Debt:
    """What an entry must know of the invoice: ``total_minor`` and the ``tax_minor`` in it are what credit notes left of
    it. ``rate`` is units of base currency for one unit of ``currency``."""

    invoice_id: UUID
    customer_id: UUID
    number: str
    currency: str
    base_currency: str
    total_minor: int
    tax_minor: int
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """``amount`` is written off, ``base`` of it stood on the receivable account; ``tax`` of it is tax taken back."""

    amount: int
    base: int
    tax: int = 0
    tax_base: int = 0


def open_base(*, base_total: int, total: int, covered: int) -> int:
    """What of ``base_total`` is still on the receivable account when ``covered`` of ``total`` is paid or credited."""
    return base_total - (round_ratio(base_total * covered, total, RoundingPolicy.HALF_UP) if total else 0)


def part(debt: Debt, *, before: int, amount: int, base: int, tax_relief: bool) -> Part:
    """``amount`` more is written off, after ``before`` was."""
    if not tax_relief or debt.total_minor == 0:
        return Part(amount, base)
    first, last = (_tax_in(debt, minor) for minor in (before, before + amount))
    return Part(amount, base, last - first, _in_base(debt, last) - _in_base(debt, first))


def _tax_in(debt: Debt, minor: int) -> int:
    return round_ratio(debt.tax_minor * minor, debt.total_minor, RoundingPolicy.HALF_UP)


def _in_base(debt: Debt, minor: int) -> int:
    return to_base(minor, currency=debt.currency, base=debt.base_currency, rate=debt.rate)


def entry(
    debt: Debt, written: Part, *, write_off_id: UUID, chart: Chart, language: str, on: date
) -> EntryDraft:
    """The customer owes it no more: the tax in it is not owed to the state, the rest is lost."""

    def line(role: AccountRole, amount: int, base: int, *, customer: UUID | None = None) -> LineDraft:
        return LineDraft(
            account=chart.account(role),
            amount_minor=amount,
            currency=debt.currency,
            base_minor=base,
            customer_id=customer,
            document_id=debt.invoice_id,
        )

    lines = (
        line(AccountRole.BAD_DEBTS, written.amount - written.tax, written.base - written.tax_base),
        line(AccountRole.TAX_PAYABLE, written.tax, written.tax_base),
        line(AccountRole.RECEIVABLE, -written.amount, -written.base, customer=debt.customer_id),
    )
    return EntryDraft(
        kind="invoice.written_off",
        source_type="write_off",
        source_id=write_off_id,
        date=on,
        memo=memos.of_invoice(debt.number, language=language),
        lines=tuple(line for line in lines if line.amount_minor or line.base_minor),
    )
