"""Sums of several currencies as the page shows them: the base currency first, and a total only if it is honest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from allsquare.insights.dashboard.rates import Rates


@dataclass(frozen=True, slots=True)
class Amounts:
    """``parts`` are (minor units, currency), at least one; ``together`` is all of it in base currency, of several
    currencies only, at rates of which the oldest is of ``rates_of``."""

    parts: Sequence[tuple[int, str]]
    together: int | None = None
    rates_of: date | None = None

    @property
    def first(self) -> tuple[int, str]:
        return self.parts[0]

    @property
    def others(self) -> Sequence[tuple[int, str]]:
        return self.parts[1:]

    @property
    def any(self) -> bool:
        return any(minor for minor, _ in self.parts)


def amounts(sums: Mapping[str, int], rates: Rates) -> Amounts:
    """Zeros of foreign currencies are left out; that of the base currency is not."""
    foreign = sorted(code for code, minor in sums.items() if minor and code != rates.base)
    parts = [(sums.get(rates.base, 0), rates.base), *((sums[code], code) for code in foreign)]
    if not foreign:
        return Amounts(parts)
    return Amounts(parts, together=rates.total(sums), rates_of=rates.oldest)


def change_in_percent(now: Amounts, before: Amounts) -> int | None:
    """How much more (or, negative, less) came than before, where both can be said in one currency."""
    first, second = _whole(now), _whole(before)
    if first is None or second is None or second <= 0:
        return None
    return (200 * (first - second) + second) // (2 * second)  # to the nearest


def _whole(value: Amounts) -> int | None:
    return value.together if value.others else value.first[0]
