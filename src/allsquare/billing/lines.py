"""Lines of a draft as they come in, checked, priced by the one calculation, and ready to be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.billing.models import Invoice, InvoiceLine, InvoiceTax
from allsquare.catalog.models import Item
from allsquare.core import checks, rows
from allsquare.core.currencies import currency
from allsquare.identity.models import Organization
from allsquare.tax.calculate import LineInput as Priced
from allsquare.tax.calculate import Totals, calculate
from allsquare.tax.categories import TaxCategory
from allsquare.tax.models import TaxRate
from allsquare.tax.standard import standard_rate

#: Enough for a telephone bill; bounded, since a page and a PDF are made of them.
MOST_LINES: Final = 1000

_CHECKS: Final[dict[str, checks.Check]] = {
    "description": checks.needed(_lazy("Say what this line is for.")),
    "unit": checks.unit_code,
    "tax_category": lambda code: TaxCategory.of(code).value,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineInput:
    """One line as a person gives it. ``unit_price`` is in major units; ``tax_percent`` is looked up when ``None``."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    unit: str = "C62"
    discount_percent: Decimal = Decimal(0)
    tax_category: str = "S"
    item_id: UUID | None = None
    tax_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PricedLines:
    """Lines with their tax rates found, and what they come to."""

    lines: tuple[LineInput, ...]
    rates: tuple[Decimal, ...]
    totals: Totals


def checked(
    organization: Organization, lines: Sequence[LineInput]
) -> tuple[tuple[LineInput, ...], dict[str, str]]:
    """The lines in tidy spelling, and what is wrong with them: a sentence for each ``lines-<from 0>-<field>``.

    A figure with more digits than its column is refused rather than cut: what is kept must come to the total.
    """
    if len(lines) > MOST_LINES:
        return (), {"lines": _("An invoice has at most %(most)s lines.") % {"most": MOST_LINES}}
    errors = {} if lines else {"lines": _("An invoice needs at least one line.")}
    items = _known_items(organization, lines)
    tidied = []
    for number, line in enumerate(lines):
        row = InvoiceLine(
            position=number + 1,
            description=line.description,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=line.unit_price,
            discount_percent=line.discount_percent,
            tax_category=line.tax_category,
            tax_percent=line.tax_percent or Decimal(0),
        )
        wrong = checks.problems(row, _CHECKS)
        if line.item_id and line.item_id not in items:
            wrong["item"] = _("This item is no longer there. Choose another.")
        errors |= {f"lines-{number}-{name}": sentence for name, sentence in wrong.items()}
        tidied.append(replace(line, description=row.description, unit=row.unit))
    return tuple(tidied), errors


def _known_items(organization: Organization, lines: Sequence[LineInput]) -> set[UUID]:
    wanted = {line.item_id for line in lines if line.item_id}
    if not wanted:
        return set()
    return set(Item.objects.filter(organization=organization, id__in=wanted).values_list("id", flat=True))


def price(
    *,
    organization: Organization,
    lines: Sequence[LineInput],
    rates: Sequence[TaxRate],
    currency_code: str,
    prices_include_tax: bool,
    discount_percent: Decimal,
    on: date,
) -> PricedLines:
    """What the lines come to with those of the organization's tax ``rates`` that are valid ``on`` this day.

    Raises ``InvalidLine``, ``RateMissing`` and the like.
    """
    percents = [
        _percent(organization, rates, line.tax_category, on) if line.tax_percent is None else line.tax_percent
        for line in lines
    ]
    totals = calculate(
        [
            Priced(
                quantity=line.quantity,
                unit_price=line.unit_price,
                discount_percent=line.discount_percent,
                tax_rate=rate,
                tax_category=line.tax_category,
            )
            for line, rate in zip(lines, percents, strict=True)
        ],
        currency=currency(currency_code),
        prices_include_tax=prices_include_tax,
        tax_rounding=organization.tax_rounding,  # type: ignore[arg-type]  # the enum takes its stored value
        rounding=organization.rounding,  # type: ignore[arg-type]  # as above
        discount_percent=discount_percent,
    )
    return PricedLines(tuple(lines), tuple(percents), totals)


def _percent(organization: Organization, rates: Sequence[TaxRate], category: str, on: date) -> Decimal:
    """Only the standard category has a rate above zero; the others say why there is none."""
    if TaxCategory.of(category) is not TaxCategory.STANDARD:
        return Decimal(0)
    return standard_rate(rates, country=organization.country, category=category, on=on)


def remove_lines(invoice: Invoice) -> None:
    """The lines and tax breakdown of a draft go, inside the caller's transaction."""
    organization = invoice.organization
    InvoiceLine.objects.filter(organization=organization, invoice=invoice).delete()
    InvoiceTax.objects.filter(organization=organization, invoice=invoice).delete()


def insert_lines(invoice: Invoice, priced: PricedLines) -> None:
    """Lines and tax breakdown of a draft that has none, inside the caller's transaction, by ``core.bulk``."""
    organization = invoice.organization
    rows.insert(
        [
            InvoiceLine(
                organization=organization,
                invoice=invoice,
                position=number,
                item_id=line.item_id,
                description=line.description,
                quantity=line.quantity,
                unit=line.unit,
                unit_price=line.unit_price,
                discount_percent=line.discount_percent,
                tax_category=line.tax_category,
                tax_percent=rate,
                amount_minor=sums.amount_minor,
                net_minor=sums.net_minor,
                tax_minor=sums.tax_minor,
                total_minor=sums.gross_minor,
            )
            for number, (line, rate, sums) in enumerate(
                zip(priced.lines, priced.rates, priced.totals.lines, strict=True), start=1
            )
        ]
    )
    rows.insert(
        [
            InvoiceTax(
                organization=organization,
                invoice=invoice,
                category=tax.category,
                percent=tax.rate,
                base_minor=tax.base_minor,
                tax_minor=tax.tax_minor,
            )
            for tax in priced.totals.taxes
        ]
    )
