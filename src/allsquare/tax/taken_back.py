"""What a part of a line that was charged comes to when it is credited. Pure, and exact to the minor unit.

An issued line is frozen: its net, tax and total stand on a document that somebody has. So a credit note does not price
the line again (a rounded tax, a share of a document's discount or a changed rate could come to another cent) but takes
its share of what is left of these very figures. Whatever is credited in whatever parts, the parts of a line sum to the
line, those of all lines to the invoice, and nothing can be taken that is not there.

With prices that include tax a line is measured by its total, else by its net; the tax follows in proportion.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from allsquare.core.rounding import RoundingPolicy, round_ratio

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """Of a line: its ``quantity``, and what belongs to that in minor units. Lines that take something off have figures
    below zero."""

    quantity: Decimal
    net_minor: int
    tax_minor: int

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor

    def measure(self, *, inclusive: bool) -> int:
        """What a price says: with tax or without."""
        return self.total_minor if inclusive else self.net_minor

    def __sub__(self, other: Part) -> Part:
        return Part(
            self.quantity - other.quantity, self.net_minor - other.net_minor, self.tax_minor - other.tax_minor
        )

    def __add__(self, other: Part) -> Part:
        return Part(
            self.quantity + other.quantity, self.net_minor + other.net_minor, self.tax_minor + other.tax_minor
        )


NOTHING: Final = Part(ZERO, 0, 0)


def by_quantity(left: Part, quantity: Decimal, *, inclusive: bool, rounding: RoundingPolicy) -> Part:
    """``quantity`` of what is left, at what it still costs: all of it takes everything. It has the sign of ``left`` and
    is not beyond it; whoever asks has checked that."""
    if quantity == left.quantity:
        return left
    top, bottom = quantity.as_integer_ratio()
    of_top, of_bottom = left.quantity.as_integer_ratio()
    share, whole = top * of_bottom, bottom * of_top
    if whole < 0:
        share, whole = -share, -whole
    measure = round_ratio(left.measure(inclusive=inclusive) * share, whole, rounding)
    return _of_measure(left, quantity, measure, inclusive=inclusive, rounding=rounding)


def by_amount(left: Part, minor: int, *, inclusive: bool, rounding: RoundingPolicy) -> Part:
    """``minor`` off the price of what is left; no piece comes back. All of it takes all of the tax."""
    return _of_measure(left, ZERO, minor, inclusive=inclusive, rounding=rounding)


def _of_measure(
    left: Part, quantity: Decimal, measure: int, *, inclusive: bool, rounding: RoundingPolicy
) -> Part:
    whole = left.measure(inclusive=inclusive)
    if measure == whole:
        return Part(quantity, left.net_minor, left.tax_minor)
    tax = round_ratio(left.tax_minor * abs(measure), abs(whole), rounding)
    return Part(quantity, measure - tax if inclusive else measure, tax)
