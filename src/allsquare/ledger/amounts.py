"""Pure: amounts in base currency."""

from __future__ import annotations

from decimal import Decimal

from allsquare.core.currencies import currency as currency_of
from allsquare.core.rounding import RoundingPolicy, round_ratio


def to_base(minor: int, *, currency: str, base: str, rate: Decimal) -> int:
    """``minor`` units of ``currency`` in minor units of ``base``; ``rate`` is base units for one unit of ``currency``.

    The currencies may have different exponents (1 JPY is one minor unit, 1 EUR a hundred). Halves are rounded
    away from zero. Counted in whole numbers, so that no decimal context can cut digits off.
    """
    if currency == base:
        return minor
    shift = currency_of(base).exponent - currency_of(currency).exponent
    above, below = rate.as_integer_ratio()
    return round_ratio(
        minor * above * 10 ** max(shift, 0), below * 10 ** max(-shift, 0), RoundingPolicy.HALF_UP
    )
