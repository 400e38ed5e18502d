"""Pure: amounts in base currency."""

from __future__ import annotations

from decimal import Decimal

from allsquare.core.currencies import currency as currency_of
from allsquare.core.rounding import RoundingPolicy, round_minor


def to_base(minor: int, *, currency: str, base: str, rate: Decimal) -> int:
    """``minor`` units of ``currency`` in minor units of ``base``; ``rate`` is base units for one unit of ``currency``.

    The currencies may have different exponents (1 JPY is one minor unit, 1 EUR a hundred). Halves are rounded
    away from zero.
    """
    if currency == base:
        return minor
    shift = currency_of(base).exponent - currency_of(currency).exponent
    return round_minor((Decimal(minor) * rate).scaleb(shift), RoundingPolicy.HALF_UP)
