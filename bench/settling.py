"""Settling through the one door, beside the limit: the same stock, the same rounds, turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from statistics import median
from uuid import UUID

from allsquare.core.actor import SYSTEM
from allsquare.payments.models import Payment
from allsquare.payments.services.settle import settle
from allsquare.payments.states import PaymentState
from bench.company import Company, company
from bench.crowd import crowd
from bench.figure import Detail, Effort, Figure, Timed, timed
from bench.limit import limit
from bench.scripted import succeeded
from bench.stock import Pattern, copies, pattern, tidy

#: Payments per second that no side reaches; a round that runs out of payments ends early and counts as it is.
MOST_EACH = 2_000
MOST_IN_BATCHES = 9_000
#: After the first round a stock is so many times what was settled at best: to make it takes longer than to use it.
_SUPPLY = 1.5

Settle = Callable[[Sequence[UUID]], None]


@dataclass(frozen=True, slots=True)
class Side:
    """One of those that are compared: what settles, how many at a time, and how many a second it never reaches."""

    settle: Settle
    size: int = 1
    most: int = MOST_EACH

    def supplied(self, seen: Sequence[Timed]) -> Side:
        """With no larger stock than its next round can need."""
        return replace(self, most=stock_rate(self.most, seen) + self.size)


def stock_rate(most: int, seen: Sequence[Timed]) -> int:
    """Payments per second to have in stock after the runs ``seen``; never more than ``most``."""
    return min(most, int(_SUPPLY * max(run.rate for run in seen)))


def against_limit(effort: Effort, *, batch: int, processes: int = 1) -> Figure:
    """Payments per second through ``settle`` in batches of ``batch`` ÷ the limit's, both by ``processes``."""
    owner = company()
    of = pattern_of(owner)
    sides = [
        Side(through_the_door(owner, of), batch, MOST_EACH if batch == 1 else MOST_IN_BATCHES),
        Side(limit(owner, of)),
    ]
    door: list[Timed] = []
    limits: list[Timed] = []
    for number in range(effort.rounds + 1):
        mine, theirs = take_turns(
            [side.supplied(seen) if seen else side for side, seen in zip(sides, (door, limits), strict=True)],
            of,
            seconds=effort.round_seconds(number),
            processes=processes,
            backwards=number % 2 == 0,
        )
        door.append(mine)
        limits.append(theirs)
    return compared(door[1:], limits[1:], {"batch": batch, "processes": processes})


def take_turns(
    sides: Sequence[Side], of: Pattern, *, seconds: float, processes: int = 1, backwards: bool
) -> list[Timed]:
    """One round: equal stocks, then each side by itself; neither always comes first."""
    stocks = [copies(of, int(side.most * seconds)) for side in sides]
    tidy()
    found: dict[int, Timed] = {}
    for turn in sorted(range(len(sides)), reverse=backwards):
        work = partial(run, sides[turn].settle, sides[turn].size)
        found[turn] = crowd(work, stocks[turn], processes=processes, seconds=seconds)
    return [found[turn] for turn in range(len(sides))]


def compared(door: Sequence[Timed], limits: Sequence[Timed], detail: Detail) -> Figure:
    """Round by round."""
    return Figure(
        unit="× limit",
        ratio=True,
        rounds=[mine.rate / theirs.rate for mine, theirs in zip(door, limits, strict=True)],
        detail={
            **detail,
            "payments_per_second": round(median(run.rate for run in door)),
            "limit_per_second": round(median(run.rate for run in limits)),
            "client_cpu_ms": round(median(run.cpu_ms for run in door), 3),
            "limit_client_cpu_ms": round(median(run.cpu_ms for run in limits), 3),
        },
    )


@cache
def pattern_of(owner: Company) -> Pattern:
    return pattern(owner, owner.account)


def through_the_door(owner: Company, of: Pattern) -> Settle:
    def settle_all(attempts: Sequence[UUID]) -> None:
        settle(
            organization=owner.organization,
            gateway_account=owner.account,
            outcomes=[succeeded(attempt, of.amount) for attempt in attempts],
            actor=SYSTEM,
        )

    return settle_all


def run(settle_some: Settle, size: int, stock: Sequence[UUID], seconds: float) -> Timed:
    """Take ``size`` at a time from the stock; afterwards see that they were really settled."""
    taken = 0

    def step() -> int:
        nonlocal taken
        some = stock[taken : taken + size]
        if some:
            settle_some(some)
        taken += len(some)
        return len(some)

    result = timed(step, seconds=seconds)
    settled = Payment.objects.filter(attempts__in=stock[:taken], state=PaymentState.SUCCEEDED).count()
    if settled != taken:
        raise AssertionError(f"{taken} payments were settled, but {settled} are")
    return result
