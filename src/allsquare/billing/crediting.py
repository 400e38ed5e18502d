"""What of an invoice can be credited, and what a credit note over a part of it comes to. Reads and sums, no writes.

The figures come from ``tax.taken_back``: shares of what the invoice's frozen lines still have, so that no cent is
credited twice and none is left over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import NotCreditable
from allsquare.billing.models import CreditNoteLine, Invoice, InvoiceLine
from allsquare.billing.states import InvoiceState
from allsquare.core.currencies import currency
from allsquare.core.errors import FieldErrors
from allsquare.core.formatting import format_money, format_quantity, spoken_language
from allsquare.core.money import Money
from allsquare.core.rounding import RoundingPolicy
from allsquare.identity.models import Organization
from allsquare.tax.taken_back import NOTHING, Part, by_amount, by_quantity

#: Decimals of a quantity.
_FINEST: Final = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of a line: so many of it come back, or ``amount_minor`` off its price (with tax if the invoice's prices are). One
    of the two, with the signs of the line."""

    quantity: Decimal | None = None
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class LineLeft:
    """A line of the invoice and what of it is not credited yet."""

    line: InvoiceLine
    left: Part

    @property
    def field(self) -> str:
        """By which an error names it."""
        return f"line-{self.line.position}"

    @property
    def is_gone(self) -> bool:
        """Nothing of it can be credited any more."""
        return not (self.left.net_minor or self.left.tax_minor)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a credit note would come to. ``taxes``: by category and percentage, what of the tax was taken back before
    and what would be now."""

    invoice: Invoice
    lines: tuple[tuple[InvoiceLine, Part], ...]
    taxes: Mapping[tuple[str, Decimal], tuple[int, int]]

    @property
    def net_minor(self) -> int:
        return sum(part.net_minor for _line, part in self.lines)

    @property
    def tax_minor(self) -> int:
        return sum(part.tax_minor for _line, part in self.lines)

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor

    @property
    def surplus_minor(self) -> int:
        """What would then be paid too much."""
        return max(0, self.invoice.covered_minor + self.total_minor - self.invoice.total_minor)


def check_creditable(invoice: Invoice) -> None:
    """Raises :class:`NotCreditable`."""
    state = InvoiceState(invoice.state)
    if state is InvoiceState.WRITTEN_OFF:
        raise NotCreditable(
            _("This invoice is written off. Take the write-off back first, then credit what was not owed.")
        )
    if state in (InvoiceState.DRAFT, InvoiceState.VOID):
        raise NotCreditable(_("An invoice that is %(state)s cannot be credited.") % {"state": state.word})
    if invoice.due_minor <= 0:
        raise NotCreditable(_("Nothing of this invoice is left to credit."))


def lines_left(organization: Organization, invoice: Invoice) -> list[LineLeft]:
    """In the order of the invoice. Two queries."""
    gone: dict[UUID, Part] = defaultdict(lambda: NOTHING)
    for done in CreditNoteLine.objects.filter(organization=organization, credit_note__invoice=invoice):
        gone[done.invoice_line_id] += Part(done.quantity, done.net_minor, done.tax_minor)
    lines = InvoiceLine.objects.filter(organization=organization, invoice=invoice).order_by("position")
    return [
        LineLeft(line, Part(line.quantity, line.net_minor, line.tax_minor) - gone[line.id]) for line in lines
    ]


def plan(organization: Organization, invoice: Invoice, wanted: Mapping[UUID, Wanted]) -> Planned:
    """``wanted`` by the line's id. Whoever is about to write it holds the invoice's lock.

    Raises :class:`NotCreditable`, ``FieldErrors`` with a sentence for each ``line-<position>``, or for ``lines``.
    """
    check_creditable(invoice)
    lines: list[tuple[InvoiceLine, Part]] = []
    errors: dict[str, str] = {}
    taxes: dict[tuple[str, Decimal], tuple[int, int]] = {}
    for each in lines_left(organization, invoice):
        rate = (each.line.tax_category, each.line.tax_percent)
        before, now = taxes.get(rate, (0, 0))
        asked = wanted.get(each.line.id)
        part = NOTHING
        if asked is not None:
            errors |= _problem(invoice, each, asked)
            part = NOTHING if errors else _part(organization, invoice, each, asked)
            lines.append((each.line, part))
        taxes[rate] = (before + each.line.tax_minor - each.left.tax_minor, now + part.tax_minor)
    if errors:
        raise FieldErrors(errors)
    planned = Planned(invoice, tuple(lines), taxes)
    if planned.total_minor <= 0:
        raise FieldErrors({"lines": _("Say what is credited: a quantity or an amount of at least one line.")})
    if planned.total_minor > invoice.due_minor:
        raise FieldErrors(
            {
                "lines": _("Only %(left)s of this invoice is left to credit; these lines come to %(total)s.")
                % {"left": _shown(invoice, invoice.due_minor), "total": _shown(invoice, planned.total_minor)}
            }
        )
    return planned


def everything(organization: Organization, invoice: Invoice) -> dict[UUID, Wanted]:
    """All that is left of all lines."""
    inclusive = invoice.prices_include_tax
    return {
        each.line.id: Wanted(quantity=each.left.quantity)
        if each.left.quantity
        else Wanted(amount_minor=each.left.measure(inclusive=inclusive))
        for each in lines_left(organization, invoice)
        if not each.is_gone
    }


def _part(organization: Organization, invoice: Invoice, each: LineLeft, asked: Wanted) -> Part:
    rounding, inclusive = RoundingPolicy(organization.rounding), invoice.prices_include_tax
    if asked.quantity is not None:
        return by_quantity(each.left, asked.quantity, inclusive=inclusive, rounding=rounding)
    return by_amount(each.left, asked.amount_minor or 0, inclusive=inclusive, rounding=rounding)


def _problem(invoice: Invoice, each: LineLeft, asked: Wanted) -> dict[str, str]:
    """What is wrong with what is asked of a line, if anything is."""
    if (asked.quantity is None) == (asked.amount_minor is None):
        return {each.field: _("Give a quantity or an amount, not both.")}
    if each.is_gone:
        return {each.field: _("All of this line is credited already.")}
    if asked.quantity is not None:
        left = each.left.quantity
        if -int(asked.quantity.as_tuple().exponent) > _FINEST:
            return {each.field: _("Use at most %(most)s decimals.") % {"most": _FINEST}}
        if not _is_within(asked.quantity, left):
            words = _("Of this line %(left)s are left to credit.")
            return {each.field: words % {"left": format_quantity(left.normalize(), spoken_language())}}
        return {}
    measure = each.left.measure(inclusive=invoice.prices_include_tax)
    if not _is_within(asked.amount_minor or 0, measure):
        words = _("Of this line %(left)s is left to credit.")
        return {each.field: words % {"left": _shown(invoice, measure)}}
    return {}


def _is_within(asked: Decimal | int, left: Decimal | int) -> bool:
    """Not nothing, of the same sign, and not beyond."""
    return 0 < asked <= left or left <= asked < 0


def _shown(invoice: Invoice, minor: int) -> str:
    return format_money(Money(minor, currency(invoice.currency)), spoken_language())
