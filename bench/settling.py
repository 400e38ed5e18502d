"""Settling through the one door, beside the limit: the same stock, the same rounds, turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from statistics import median
from uuid import UUID

from allsquare.core.actor import SYSTEM
from allsquare.payments.models import Payment
from allsquare.payments.services.settle import settle
from allsquare.payments.states import PaymentState
from bench.company import Company, company
from bench.figure import Effort, Figure, Timed, timed
from bench.limit import limit
from bench.scripted import succeeded
from bench.stock import Pattern, copies, pattern, tidy

#: Payments per second that no side reaches; a round that runs out of payments ends early and counts as it is.
MOST_EACH = 2_500
MOST_IN_BATCHES = 12_000

Settle = Callable[[Sequence[UUID]], None]


def against_limit(effort: Effort, *, batch: int) -> Figure:
    """Payments per second through ``settle`` in batches of ``batch``, one process, ÷ the limit's with one client."""
    owner = company()
    of = _pattern(owner)
    ours, bare = _through_the_door(owner, of), limit(owner, of)
    most = MOST_EACH if batch == 1 else MOST_IN_BATCHES
    door: list[Timed] = []
    limits: list[Timed] = []
    for number in range(effort.rounds + 1):
        door_stock = copies(of, int(most * effort.seconds))
        limit_stock = copies(of, int(MOST_EACH * effort.seconds))
        tidy()
        turns = [
            lambda stock=limit_stock: limits.append(_run(bare, stock, size=1, seconds=effort.seconds)),
            lambda stock=door_stock: door.append(_run(ours, stock, size=batch, seconds=effort.seconds)),
        ]
        for turn in turns if number % 2 else reversed(turns):  # neither side always comes first
            turn()
    return Figure(
        unit="× limit",
        ratio=True,
        rounds=[mine.rate / theirs.rate for mine, theirs in zip(door[1:], limits[1:], strict=True)],
        detail={
            "batch": batch,
            "payments_per_second": round(median(run.rate for run in door[1:])),
            "limit_per_second": round(median(run.rate for run in limits[1:])),
            "client_cpu_ms": round(median(run.cpu_ms for run in door[1:]), 3),
            "limit_client_cpu_ms": round(median(run.cpu_ms for run in limits[1:]), 3),
        },
    )


@cache
def _pattern(owner: Company) -> Pattern:
    return pattern(owner)


def _through_the_door(owner: Company, of: Pattern) -> Settle:
    def settle_all(attempts: Sequence[UUID]) -> None:
        settle(
            organization=owner.organization,
            gateway_account=owner.account,
            outcomes=[succeeded(attempt, of.amount) for attempt in attempts],
            actor=SYSTEM,
        )

    return settle_all


def _run(settle_some: Settle, stock: Sequence[UUID], *, size: int, seconds: float) -> Timed:
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
