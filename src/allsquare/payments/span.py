"""How much of an invoice may be paid at once. Pure: whole minor units."""

from __future__ import annotations

from dataclasses import dataclass

from allsquare.core.rounding import RoundingPolicy, round_ratio
from allsquare.payments.arrivals import LARGEST


@dataclass(frozen=True, slots=True)
class Span:
    """``whole`` is what is open beyond payments under way (``claimed``); a payer may pay from ``least`` to ``most``."""

    whole: int
    claimed: int
    least: int
    most: int

    @property
    def is_choice(self) -> bool:
        """May the payer choose a sum?"""
        return self.least < self.most

    def holds(self, minor: int) -> bool:
        return self.least <= minor <= self.most


def span(*, total: int, open_: int, claimed: int, parts: bool, least_percent: int, on_account: bool) -> Span:
    """Payments under way count as if they had come: never more is asked for than is open.

    A part is at least ``least_percent`` of the whole invoice, or all that is left. More than is open is only taken
    (``on_account``) while nothing is under way, since two pages of one sum would look like it.
    """
    whole = max(open_ - claimed, 0)
    smallest = max(round_ratio(total * least_percent, 100, RoundingPolicy.UP), 1)
    return Span(
        whole=whole,
        claimed=claimed,
        least=min(smallest, whole) if parts else whole,
        most=LARGEST if on_account and whole and not claimed else whole,
    )
