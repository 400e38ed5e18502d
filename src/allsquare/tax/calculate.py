"""What a document's lines come to: net, tax and total, exact to the minor unit. Pure.

Whatever the input, these hold exactly, and the tests try to break them:

- the nets of the lines sum to the net, and the bases of the tax groups too (BR-CO-10, BR-CO-13, BR-S-08);
- the taxes of the lines sum to the tax, and the taxes of the groups too (BR-CO-14);
- net + tax = total (BR-CO-15), line by line as well;
- with prices that include tax, the total is what the inclusive line amounts sum to;
- the same lines with opposite quantities come to the opposite of every figure, so a credit note takes back
  exactly what was charged.

Rules named BR-… are the business rules of EN 16931-1:2017, section 6.4. All amounts come out in minor units;
quantities, unit prices (major units) and rates (percent) go in as Decimals of up to 28 digits and are turned
into exact fractions, so nothing is rounded except where this page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Subnormal
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.core.currencies import Currency
from allsquare.core.errors import InvalidInput
from allsquare.core.money import MAX_MINOR, InvalidAmount, Money
from allsquare.core.rounding import RoundingPolicy, apportion, round_ratio
from allsquare.tax.categories import TaxCategory

ZERO: Final = Decimal(0)
"""No discount, no tax."""

_MAX_RATE: Final = 1000

_FIELDS: Final = {
    "quantity": _lazy("quantity"),
    "unit_price": _lazy("price"),
    "discount_percent": _lazy("discount"),
    "tax_rate": _lazy("tax rate"),
}

# Lets a number through only if it has at most 28 digits, all of them within 10**±28: turning it into a
# fraction then costs little, where Decimal("1E+999999999") would eat the memory of the machine.
_BOUNDS: Final = Context(prec=28, Emax=28, Emin=-28, traps=[Inexact, Overflow, Subnormal, InvalidOperation])


class InvalidLine(InvalidInput):
    """A line or discount cannot be calculated.

    ``field`` names the input; ``details["line"]`` is the line's number from 1, or ``None`` for the document.
    """

    code = "invalid_line"


class TaxRounding(StrEnum):
    """Where tax is rounded to minor units; the two differ by a few cents on documents of many lines."""

    PER_DOCUMENT = "per_document"
    """Once for each group of category and rate, which is BR-CO-17; the lines then share it out."""
    PER_LINE = "per_line"
    """On every line, as some national laws and shop systems do; a group is the sum of its lines. Validators
    of EN 16931 let such sums pass only within their tolerance of one major unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineInput:
    """One line as it was agreed.

    ``unit_price`` is in major units and may have more decimals than the currency (33.333 EUR). Whether it
    includes tax is the document's setting. ``discount_percent`` (0 to 100) comes off this line.
    ``tax_rate`` is in percent: 19, not 0.19. ``exempt_reason`` replaces the category's legal note.
    A negative quantity or price takes back.
    """

    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal = ZERO
    tax_rate: Decimal = ZERO
    tax_category: str = TaxCategory.STANDARD
    exempt_reason: str = ""


@dataclass(frozen=True, slots=True)
class LineTotals:
    """What one line comes to, in minor units.

    ``list_minor`` is quantity × unit price and ``discount_minor`` the line's own discount; together they are
    the line amount. ``document_discount_minor`` is this line's share of the document discount. These three
    include tax when the prices do. ``net_minor`` and ``gross_minor`` are what is left after both discounts,
    without and with ``tax_minor``.
    """

    list_minor: int
    discount_minor: int
    document_discount_minor: int
    net_minor: int
    tax_minor: int
    gross_minor: int

    @property
    def amount_minor(self) -> int:
        """Before the document discount: the line net amount (BT-131) when prices are without tax."""
        return self.list_minor - self.discount_minor


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """One row of the tax breakdown (BG-23): a category and rate, its base and tax in minor units.

    ``document_discount_minor`` is the part of the document discount that fell on this group (BG-20).
    ``reason`` says why no tax is charged (BT-120); empty where tax is charged or the rate is zero.
    """

    category: TaxCategory
    rate: Decimal
    base_minor: int
    tax_minor: int
    document_discount_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class Totals:
    """What the document comes to; ``lines`` in the order given, ``taxes`` by category and falling rate."""

    currency: Currency
    lines: tuple[LineTotals, ...]
    taxes: tuple[TaxTotal, ...]
    document_discount_minor: int
    net_minor: int
    tax_minor: int
    total_minor: int

    @property
    def net(self) -> Money:
        """Total without VAT (BT-109)."""
        return Money(self.net_minor, self.currency)

    @property
    def tax(self) -> Money:
        """Total VAT (BT-110)."""
        return Money(self.tax_minor, self.currency)

    @property
    def total(self) -> Money:
        """Total with VAT (BT-112)."""
        return Money(self.total_minor, self.currency)


def calculate(
    lines: Sequence[LineInput],
    *,
    currency: Currency,
    prices_include_tax: bool = False,
    tax_rounding: TaxRounding = TaxRounding.PER_DOCUMENT,
    rounding: RoundingPolicy = RoundingPolicy.HALF_UP,
    discount_percent: Decimal = ZERO,
    discount_minor: int = 0,
) -> Totals:
    """Calculate a document; see the top of this page for what always holds.

    In order: each line's amount is rounded once, from the exact product of quantity, price and what its
    discount leaves; the document discount (a percentage, or an amount in minor units with the sign of the
    document) is shared out over the lines by largest remainder; tax is taken on what is left, by group or
    by line. A document without lines comes to zero.

    With prices that include tax the tax is taken out of the inclusive amount (``amount × rate / (100 +
    rate)``) and the net is the rest. Some inclusive amounts have no net whose rounded tax fits them exactly;
    base × rate may then miss the stated tax by one minor unit, within the tolerance of EN 16931 validators.

    Raises :class:`InvalidLine`, ``UnknownTaxCategory`` or ``InvalidAmount`` (beyond what a column holds).
    """
    listed, amounts = _line_amounts(lines, currency.minor_per_major, rounding)
    shares = _share_discount(amounts, discount_percent, discount_minor, rounding)
    bases = [amount - share for amount, share in zip(amounts, shares, strict=True)]
    groups = _groups(lines)
    line_taxes = [0] * len(bases)
    for group in groups:
        taxes = _taxes(
            [bases[i] for i in group.members], group.rate, prices_include_tax, tax_rounding, rounding
        )
        for i, tax in zip(group.members, taxes, strict=True):
            line_taxes[i] = tax
    nets = [base - tax for base, tax in zip(bases, line_taxes, strict=True)] if prices_include_tax else bases
    line_totals = tuple(
        LineTotals(full, full - amount, share, net, tax, net + tax)
        for full, amount, share, net, tax in zip(listed, amounts, shares, nets, line_taxes, strict=True)
    )
    net, tax = sum(nets), sum(line_taxes)
    _refuse_absurd(line_totals, net, tax)
    return Totals(
        currency=currency,
        lines=line_totals,
        taxes=tuple(group.total(line_totals) for group in groups),
        document_discount_minor=sum(shares),
        net_minor=net,
        tax_minor=tax,
        total_minor=net + tax,
    )


@dataclass(slots=True)
class _Group:
    """The lines (by position) of one category and rate, which the breakdown taxes together (BG-23)."""

    category: TaxCategory
    rate: Decimal
    members: list[int]
    reasons: dict[str, None]

    def total(self, lines: tuple[LineTotals, ...]) -> TaxTotal:
        mine = [lines[i] for i in self.members]
        return TaxTotal(
            category=self.category,
            rate=self.rate,
            base_minor=sum(line.net_minor for line in mine),
            tax_minor=sum(line.tax_minor for line in mine),
            document_discount_minor=sum(line.document_discount_minor for line in mine),
            reason=" ".join(self.reasons),
        )


def _line_amounts(
    lines: Sequence[LineInput], minor_per_major: int, rounding: RoundingPolicy
) -> tuple[list[int], list[int]]:
    """Each line before and after its own discount, in minor units, both rounded from the exact product."""
    listed, amounts = [], []
    for number, line in enumerate(lines, start=1):
        quantity, per_quantity = _fraction(line.quantity, "quantity", number)
        price, per_price = _fraction(line.unit_price, "unit_price", number)
        top, bottom = quantity * price * minor_per_major, per_quantity * per_price
        full = amount = round_ratio(top, bottom, rounding)
        if line.discount_percent:
            off, per_off = _percentage(line.discount_percent, "discount_percent", number)
            amount = round_ratio(top * (100 * per_off - off), bottom * 100 * per_off, rounding)
        listed.append(full)
        amounts.append(amount)
    return listed, amounts


def _share_discount(amounts: list[int], percent: Decimal, minor: int, rounding: RoundingPolicy) -> list[int]:
    """The document discount by line. An amount falls only on lines of its own sign, in proportion to them."""
    if percent and minor:
        raise InvalidLine(
            _("Give the discount as a percentage or as an amount, not both."),
            field="discount_percent",
            line=None,
        )
    subtotal = sum(amounts)
    if percent:
        off, per_off = _percentage(percent, "discount_percent", None)
        total = round_ratio(subtotal * off, 100 * per_off, rounding)
        return apportion(total, [amount * off for amount in amounts], 100 * per_off)
    if not minor:
        return [0] * len(amounts)
    if not (0 < minor <= subtotal or subtotal <= minor < 0):
        raise InvalidLine(
            _("The discount is more than the lines come to. Lower it, or write a credit note for the rest."),
            field="discount_minor",
            line=None,
        )
    weights = [abs(amount) if amount * minor > 0 else 0 for amount in amounts]
    return apportion(minor, [minor * weight for weight in weights], sum(weights))


def _groups(lines: Sequence[LineInput]) -> list[_Group]:
    """Lines by category and rate, in the order of :class:`TaxCategory`, then by falling rate."""
    found: dict[tuple[str, Decimal], _Group] = {}
    for position, line in enumerate(lines):
        rate = _bounded(line.tax_rate, "tax_rate", position + 1)
        group = found.get((line.tax_category, rate))
        if group is None:
            category = TaxCategory.of(line.tax_category)
            _check_rate(category, rate, position + 1)
            group = found[category, rate] = _Group(category, rate, [], {})
        group.members.append(position)
        if group.category.needs_reason:
            group.reasons[line.exempt_reason or group.category.legal_note] = None
    order = list(TaxCategory)
    return sorted(found.values(), key=lambda group: (order.index(group.category), -group.rate))


def _taxes(
    bases: list[int], rate: Decimal, inclusive: bool, tax_rounding: TaxRounding, rounding: RoundingPolicy
) -> list[int]:
    """The tax of each line of one group; ``bases`` include the tax when ``inclusive``."""
    per_hundred, parts = rate.as_integer_ratio()
    denominator = 100 * parts + (per_hundred if inclusive else 0)
    numerators = [base * per_hundred for base in bases]
    if TaxRounding(tax_rounding) is TaxRounding.PER_LINE:
        return [round_ratio(numerator, denominator, rounding) for numerator in numerators]
    return apportion(round_ratio(sum(numerators), denominator, rounding), numerators, denominator)


def _check_rate(category: TaxCategory, rate: Decimal, line: int) -> None:
    """Only the standard category has a rate, and it always has one (BR-S-05, BR-Z-05, BR-E-05 …)."""
    if category is TaxCategory.STANDARD:
        if not 0 < rate <= _MAX_RATE:
            raise InvalidLine(
                _(
                    "Line %(line)s: a taxed line needs a rate above 0 and up to %(most)s percent. For a zero "
                    "rate use category Z, for an exemption E."
                )
                % {"line": line, "most": _MAX_RATE},
                field="tax_rate",
                line=line,
            )
    elif rate:
        raise InvalidLine(
            _("Line %(line)s: category %(category)s (%(name)s) carries no tax, so its rate must be 0.")
            % {"line": line, "category": category, "name": category.label},
            field="tax_rate",
            line=line,
        )


def _percentage(value: Decimal, field: str, line: int | None) -> tuple[int, int]:
    top, bottom = _fraction(value, field, line)
    if not 0 <= top <= 100 * bottom:
        raise InvalidLine(
            _at(line, field, _("A discount is between 0 and 100 percent.")), field=field, line=line
        )
    return top, bottom


def _fraction(value: Decimal, field: str, line: int | None) -> tuple[int, int]:
    return _bounded(value, field, line).as_integer_ratio()


def _bounded(value: Decimal, field: str, line: int | None) -> Decimal:
    try:
        number = _BOUNDS.plus(value)
    except (Inexact, Overflow, Subnormal, InvalidOperation):
        number = None
    if number is None or not number.is_finite():
        raise InvalidLine(
            _at(line, field, _("Use a number of at most 28 digits.")),
            field=field,
            line=line,
        )
    return number


def _at(line: int | None, field: str, remedy: str) -> str:
    """``remedy`` after the place that it is about."""
    if line is None:
        return _("Document discount: %(remedy)s") % {"remedy": remedy}
    facts = {"line": line, "field": _FIELDS.get(field, field), "remedy": remedy}
    return _("Line %(line)s, %(field)s: %(remedy)s") % facts


def _refuse_absurd(lines: tuple[LineTotals, ...], net: int, tax: int) -> None:
    for number, line in enumerate(lines, start=1):
        if max(abs(line.list_minor), abs(line.gross_minor)) > MAX_MINOR:
            raise InvalidAmount(
                _("Line %(line)s comes to more than can be kept. Check quantity and price.")
                % {"line": number},
                line=number,
            )
    if max(abs(net), abs(tax), abs(net + tax)) > MAX_MINOR:
        raise InvalidAmount(
            _("The document comes to more than can be kept. Check quantities and prices."), line=None
        )
