"""Everything that is decided by the seed: who pays when and how, what follows, which news is lost, and who dies where.

Pure. Each decision has dice of its own, named by the seed and what it is about, so that none changes another.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tests.faults.soak.decisions import AFTERS, MISCHIEF, After

#: How payers pay: by which scenario of the sandbox, and how often.
_SCENARIOS: Final = {
    "saved": 25,  # one click: one request moves the money
    "visa": 30,
    "secure": 6,
    "declined": 8,
    "debit": 14,
    "debit_poor": 5,
    "debit_disputed": 3,
    "refunds_fail": 3,
    "left": 6,  # the payer goes away from the provider's page
}
DEBITS: Final = frozenset({"debit", "debit_poor", "debit_disputed"})
#: One action in so many may die somewhere in its midst.
_DIES: Final = 6
#: Failpoints that an action passes at most before it dies; one that passes fewer lives.
_STEPS: Final = 8

#: What the provider does wrong with requests; what happens to its news is decided here.
MISDEEDS: Final = tuple(
    each for each in MISCHIEF if not str(each["kind"]).startswith("webhook") and each["kind"] != "slow"
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One payer with one invoice. Times count from the one before."""

    number: int
    at: timedelta  # from the beginning
    scenario: str
    minor: int
    presses_twice: bool
    typing: timedelta
    comes_back: bool
    after: After
    after_delay: timedelta
    decided_after: timedelta


def visits(seed: int, *, days: int, a_day: int) -> list[Visit]:
    return [
        _visit(seed, number, day) for day in range(days) for number in range(day * a_day, (day + 1) * a_day)
    ]


def _visit(seed: int, number: int, day: int) -> Visit:
    dice = random.Random(f"{seed}:visit {number}")
    hour = timedelta(hours=1)
    return Visit(
        number=number,
        at=timedelta(days=day, seconds=dice.uniform(8 * 3600, 22 * 3600)),
        scenario=dice.choices(list(_SCENARIOS), list(_SCENARIOS.values()))[0],
        minor=dice.randint(199, 99_999),
        presses_twice=dice.random() < 0.15,
        typing=timedelta(seconds=dice.uniform(10, 240)),
        comes_back=dice.random() < 0.7,
        after=dice.choices(list(AFTERS), list(AFTERS.values()))[0],
        after_delay=dice.uniform(0.2, 60) * hour,
        decided_after=dice.uniform(6, 72) * hour,
    )


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one piece of news: when it arrives, each time, and whether a forged one comes before it."""

    arrivals: tuple[timedelta, ...]
    forged: bool


def fate(seed: int, number: int) -> Fate:
    dice = random.Random(f"{seed}:news {number}")
    if dice.random() < 0.1:
        return Fate((), forged=False)
    arrivals = [dice.uniform(0.1, 3.0)]
    if dice.random() < 0.1:  # later than what was told after it
        arrivals = [dice.uniform(60, 7200)]
    if dice.random() < 0.15:
        arrivals += [dice.uniform(0.1, 86_400) for _ in range(dice.randint(1, 3))]
    return Fate(tuple(timedelta(seconds=each) for each in arrivals), forged=dice.random() < 0.05)


def dies_at(seed: int, action: int) -> int:
    """At which failpoint, counted from one, the process dies that does ``action``; 0 for one that lives."""
    dice = random.Random(f"{seed}:action {action}")
    return dice.randint(1, _STEPS) if dice.randrange(_DIES) == 0 else 0


def pays_out(seed: int, day: int) -> tuple[bool, bool]:
    """Whether the provider pays out on ``day``, and whether the bank sends that back."""
    dice = random.Random(f"{seed}:payout {day}")
    return dice.random() < 0.8, dice.random() < 0.15
