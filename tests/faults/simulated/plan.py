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
    "reader": 10,  # at the counter, by a reader
}
#: What happens at a reader: a card is read, or one that cannot be kept, or one that is declined; the payer walks away,
#: the clerk lets it go, or nobody does.
_HANDS: Final = {"visa": 10, "wallet": 2, "declined": 2, "walks away": 2, "clerk cancels": 2, "nothing": 2}
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
    hand: str  # at a reader, as are the next three
    asks_for_tip: bool
    tip: int  # given where it is asked for
    keeps: bool  # the payer agrees that their card is kept
    owes: bool  # else it is all money on account
    more: tuple[int, ...]  # invoices that are paid together with the first
    on_account: int
    rival_after: timedelta | None  # somebody else pays the first invoice alone
    credited_after: timedelta | None  # a clerk takes a line of the first invoice back
    credits_a_part: bool  # of its price, not the line
    gives_freed_back: bool
    in_parts: bool  # three fifths of each of several invoices

    @property
    def is_together(self) -> bool:
        """For several invoices, or with money on account."""
        return bool(self.more or self.on_account)

    @property
    def invoices(self) -> tuple[int, ...]:
        return (self.minor, *self.more) if self.owes else ()

    @property
    def shares(self) -> tuple[int, ...]:
        """What of each of ``invoices`` is paid where they are paid together."""
        return tuple(minor * 3 // 5 if self.in_parts else minor for minor in self.invoices)


def visits(seed: int, *, days: int, a_day: int) -> list[Visit]:
    return [
        _visit(seed, number, day) for day in range(days) for number in range(day * a_day, (day + 1) * a_day)
    ]


def _visit(seed: int, number: int, day: int) -> Visit:
    dice = random.Random(f"{seed}:visit {number}")
    hour = timedelta(hours=1)
    at = timedelta(days=day, seconds=dice.uniform(8 * 3600, 22 * 3600))
    scenario = dice.choices(list(_SCENARIOS), list(_SCENARIOS.values()))[0]
    minor = dice.randint(199, 99_999)
    at_counter = scenario == "reader"
    owes = at_counter or dice.random() >= 0.03
    more = [] if at_counter or not owes or dice.random() >= 0.2 else [dice.randint(199, 9_999)]
    while more and len(more) < 4 and dice.random() < 0.5:
        more.append(dice.randint(199, 9_999))
    extra = dice.randint(1, 9_999) if not at_counter and dice.random() < 0.05 else 0
    return Visit(
        number=number,
        at=at,
        scenario=scenario,
        minor=minor,
        owes=owes,
        more=tuple(more),
        on_account=extra if owes else minor,
        hand=dice.choices(list(_HANDS), list(_HANDS.values()))[0],
        rival_after=timedelta(seconds=dice.uniform(0, 300)) if more and dice.random() < 0.4 else None,
        credited_after=dice.uniform(0.01, 60) * hour if owes and dice.random() < 0.12 else None,
        credits_a_part=dice.random() < 0.5,
        gives_freed_back=dice.random() < 0.7,
        presses_twice=dice.random() < 0.15,
        typing=timedelta(seconds=dice.uniform(10, 240)),
        comes_back=dice.random() < 0.7,
        after=dice.choices(list(AFTERS), list(AFTERS.values()))[0],
        after_delay=dice.uniform(0.2, 60) * hour,
        decided_after=dice.uniform(6, 72) * hour,
        in_parts=bool(more) and dice.random() < 0.3,
        asks_for_tip=dice.random() < 0.8,
        tip=dice.choice((0, 50, 150, 999)),
        keeps=dice.random() < 0.7,
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


def outage(seed: int, day: int) -> tuple[timedelta, timedelta] | None:
    """From when until when on ``day`` the first provider cannot be reached."""
    dice = random.Random(f"{seed}:outage {day}")
    begins = timedelta(hours=dice.uniform(8, 20))
    ends = begins + timedelta(minutes=dice.uniform(3, 90))
    return (begins, ends) if dice.random() < 0.6 else None


def pays_out(seed: int, day: int) -> tuple[bool, bool]:
    """Whether the provider pays out on ``day``, and whether the bank sends that back."""
    dice = random.Random(f"{seed}:payout {day}")
    return dice.random() < 0.8, dice.random() < 0.15
