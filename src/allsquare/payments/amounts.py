"""Pure sums of payments: no database, integers in minor units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from allsquare.core.rounding import RoundingPolicy, round_ratio


@dataclass(frozen=True, slots=True)
class Split:
    """How a sum divides: ``invoice`` counts towards (or is taken back from) the invoice, ``credit`` is customer
    credit, ``rest`` is neither."""

    invoice: int
    credit: int
    rest: int = 0


def split_capture(captured: int, *, open_minor: int) -> Split:
    """A capture pays what is open; what is over becomes customer credit."""
    towards = min(captured, max(open_minor, 0))
    return Split(invoice=towards, credit=captured - towards)


def split_shares(captured: int, shares: Sequence[tuple[int, int]]) -> list[int]:
    """What each of several invoices takes of a capture, in their order, by what was meant for it and what is open of
    it: never more than either. What is over becomes customer credit."""
    taken = []
    for meant, open_minor in shares:
        part = min(captured, meant, max(open_minor, 0))
        taken.append(part)
        captured -= part
    return taken


def split_return(returned: int, *, credit: int, allocated: int) -> Split:
    """Money that goes back is taken from the credit that the payment left first, then from the invoice it paid."""
    from_credit = min(returned, max(credit, 0))
    from_invoice = min(returned - from_credit, max(allocated, 0))
    return Split(invoice=from_invoice, credit=from_credit, rest=returned - from_credit - from_invoice)


def left(captured: int, *gone: int) -> int:
    """What of a payment could still be given back: without what went back, is on its way back, or is disputed."""
    return max(captured - sum(gone), 0)


@dataclass(slots=True)
class Held:
    """What stands on a money account in one currency: ``amount`` in it, ``base`` in base currency."""

    amount: int
    base: int

    def take(self, part: int, *, at_rate: int) -> int:
        """Take ``part`` away; returns the base amount with which it stood there, at the average of all that came in.
        All of the amount takes all of its base. A part that is not there counts ``at_rate``, that of the day."""
        within = 0 < part <= self.amount or self.amount <= part < 0
        half_up = RoundingPolicy.HALF_UP
        base = round_ratio(self.base * abs(part), abs(self.amount), half_up) if within else at_rate
        self.amount -= part
        self.base -= base
        return base


def base_share(*, base_total: int, total: int, before: int, after: int) -> int:
    """The part of an invoice's base amount that belongs to its covered sum going from ``before`` to ``after``.

    Shares are differences of one rounded running total, so that they sum to ``base_total`` exactly when
    the invoice is paid or credited, in however many parts.
    """
    if total == 0:
        return 0
    half_up = RoundingPolicy.HALF_UP
    return round_ratio(base_total * after, total, half_up) - round_ratio(base_total * before, total, half_up)
