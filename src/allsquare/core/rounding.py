"""The one rounding engine: screen, PDF, XML, portal and gateway all show what was rounded here.

Everything works on exact integers, so no decimal context (precision, default rounding) of the surrounding
program can change a result. All policies are symmetric: the rounding of ``-x`` is minus that of ``x``, so a
credit note takes back exactly what the invoice charged.

Beware of formatters: babel rounds half to even whatever was agreed, and would show 0.125 as 0.12. Therefore
only rounded values (:class:`~allsquare.core.money.Money`) are ever formatted.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from enum import StrEnum
from typing import Final


class RoundingPolicy(StrEnum):
    """How a fraction of a minor unit becomes a whole one."""

    HALF_UP = "half_up"
    """Commercial rounding, the default: a half goes away from zero (0.5 → 1, -0.5 → -1)."""
    HALF_EVEN = "half_even"
    """Banker's rounding: a half goes to the even neighbour (0.5 → 0, 1.5 → 2)."""
    DOWN = "down"
    """Toward zero (0.9 → 0, -0.9 → 0)."""
    UP = "up"
    """Away from zero (0.1 → 1, -0.1 → -1)."""


_DECIMAL_ROUNDING: Final = {
    RoundingPolicy.HALF_UP: ROUND_HALF_UP,
    RoundingPolicy.HALF_EVEN: ROUND_HALF_EVEN,
    RoundingPolicy.DOWN: ROUND_DOWN,
    RoundingPolicy.UP: ROUND_UP,
}


def round_minor(value: Decimal, policy: RoundingPolicy = RoundingPolicy.HALF_UP) -> int:
    """Round an amount counted in minor units (12.5 cents) to whole minor units."""
    return int(value.to_integral_value(rounding=_DECIMAL_ROUNDING[policy]))


def round_ratio(numerator: int, denominator: int, policy: RoundingPolicy = RoundingPolicy.HALF_UP) -> int:
    """Round the exact fraction ``numerator / denominator``; the denominator is positive.

    For quotients that no decimal holds exactly, such as the tax inside a price: 99 × 19 / 119.
    """
    whole, rest = divmod(abs(numerator), denominator)
    if policy == RoundingPolicy.HALF_UP:
        whole += 2 * rest >= denominator
    elif policy == RoundingPolicy.HALF_EVEN:
        whole += 2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1)
    elif policy == RoundingPolicy.UP:
        whole += rest > 0
    elif policy != RoundingPolicy.DOWN:
        raise ValueError(f"no rounding policy is called {policy!r}")
    return -whole if numerator < 0 else whole


def apportion(total: int, numerators: Sequence[int], denominator: int) -> list[int]:
    """Split ``total`` into whole parts, each within one unit of its exact share ``numerator / denominator``.

    Largest remainder: shares are cut toward zero, and the units still missing go one each to the largest
    fractions cut off; on a tie the earlier share wins. The parts always sum to ``total``. Shares may have
    either sign; together they must come to ``total`` up to its own rounding (less than one unit), otherwise
    ``ValueError``. Splitting the negatives gives the negatives of the parts.
    """
    parts: list[int] = []
    cut: list[int] = []
    for numerator in numerators:
        whole, rest = divmod(abs(numerator), denominator)
        parts.append(-whole if numerator < 0 else whole)
        cut.append(-rest if numerator < 0 else rest)
    missing = total - sum(parts)
    if missing == 0:
        return parts
    step = 1 if missing > 0 else -1
    takers = sorted((i for i, rest in enumerate(cut) if rest * step > 0), key=lambda i: -abs(cut[i]))
    if len(takers) < abs(missing):
        raise ValueError(f"the shares do not come to {total}")
    for i in takers[: abs(missing)]:
        parts[i] += step
    return parts
