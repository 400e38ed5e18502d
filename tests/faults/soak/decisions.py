"""Everything that is decided by the seed: who is billed what, how it is paid, what follows, and who is killed when.

Pure. Each decision has dice of its own, named by seed, desk and number, so that what one desk does, or how long it
takes, changes no decision of another.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Way(StrEnum):
    """How an invoice is paid."""

    CARD = "card"
    DECLINED_FIRST = "declined_first"
    SECURE = "secure"
    DOUBLE_CLICK = "double_click"
    SENT_TWICE = "sent_twice"  # the answer got lost, the same form goes again
    DEBIT = "debit"
    DEBIT_BOUNCES = "debit_bounces"
    DEBIT_DISPUTED = "debit_disputed"
    TWO_WAYS = "two_ways"  # a card in one tab, a debit in the other
    LEFT = "left"  # the payer goes away from the provider's page
    CASH = "cash"
    TRANSFER_IN_PARTS = "transfer_in_parts"
    VOID_MEANWHILE = "void_meanwhile"  # the invoice is voided while the payer types


class After(StrEnum):
    """What happens to a payment that came."""

    NOTHING = "nothing"
    REFUND = "refund"
    PART = "part"
    TWO_AT_ONCE = "two_at_once"  # two clerks give 60 % back in the same moment
    RETURNED = "returned"  # the payer's bank sends the refund back
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


WAYS = {
    Way.CARD: 20,
    Way.DECLINED_FIRST: 8,
    Way.SECURE: 8,
    Way.DOUBLE_CLICK: 8,
    Way.SENT_TWICE: 8,
    Way.DEBIT: 8,
    Way.DEBIT_BOUNCES: 5,
    Way.DEBIT_DISPUTED: 3,
    Way.TWO_WAYS: 6,
    Way.LEFT: 4,
    Way.CASH: 8,
    Way.TRANSFER_IN_PARTS: 6,
    Way.VOID_MEANWHILE: 4,
}
BY_CARD = frozenset(
    {Way.CARD, Way.DECLINED_FIRST, Way.SECURE, Way.DOUBLE_CLICK, Way.SENT_TWICE, Way.TWO_WAYS}
)
AFTERS = {
    After.NOTHING: 8,
    After.REFUND: 3,
    After.PART: 4,
    After.TWO_AT_ONCE: 3,
    After.RETURNED: 2,
    After.DISPUTE_WON: 2,
    After.DISPUTE_LOST: 2,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One invoice from its first line to what becomes of its money. ``name`` marks whatever the case writes."""

    name: str
    new_customer: bool
    customer: int
    lines: tuple[tuple[Decimal, Decimal], ...]  # quantity, unit price
    edited: bool
    issued_twice: bool
    way: Way
    after: After
    pays_out: bool
    payout_returns: bool


def case(seed: int, desk: int, number: int) -> Case:
    dice = random.Random(f"{seed}:desk {desk}:{number}")
    way = dice.choices(list(WAYS), list(WAYS.values()))[0]
    after = dice.choices(list(AFTERS), list(AFTERS.values()))[0]
    lines = tuple(
        (Decimal(dice.randint(1, 12)), Decimal(dice.randint(199, 49_999)) / 100)
        for _ in range(dice.choice((1, 1, 2, 3)))
    )
    return Case(
        name=f"soak-{desk}-{number}",
        new_customer=number == 0 or dice.random() < 0.2,
        customer=dice.randrange(1000),
        lines=lines,
        edited=dice.random() < 0.3,
        issued_twice=dice.random() < 0.2,
        way=way,
        after=after if way in BY_CARD else After.NOTHING,
        pays_out=dice.random() < 0.1,
        payout_returns=dice.random() < 0.25,
    )


class Victim(StrEnum):
    """What is killed with ``kill -9``."""

    WEB = "web"
    WEB_WORKER = "web worker"
    WORKER = "worker"
    POSTGRES = "postgres"
    SANDBOX = "sandbox"
    EVERYTHING = "everything"  # all of them at once, and what would start them again


@dataclass(frozen=True, slots=True)
class Kill:
    """``victim`` dies ``delay`` seconds after the action ``at`` (counted over all desks) was sent."""

    at: int
    victim: Victim
    delay: float


def kills(seed: int, *, every: int) -> Iterator[Kill]:
    """Endless. Each process comes once a round, in an order of its own; everything at once in every third."""
    dice = random.Random(f"{seed}:kills")
    at, round_number = every, 0
    each = [Victim.WEB, Victim.WORKER, Victim.POSTGRES, Victim.SANDBOX]
    while True:
        victims = dice.sample(each, k=len(each))
        if round_number % 3 == 1:
            victims.append(Victim.EVERYTHING)
        if round_number % 2 == 1:
            victims.insert(dice.randrange(4), Victim.WEB_WORKER)
        round_number += 1
        for victim in victims:
            yield Kill(at, victim, dice.uniform(0.0, 0.6))
            at += dice.randint(every // 2 or 1, every + every // 2)


MISCHIEF: tuple[dict[str, object], ...] = (
    {"kind": "request_lost", "scope": "moves", "probability": 0.04},
    {"kind": "reply_lost", "scope": "moves", "probability": 0.06},
    {"kind": "reply_lost", "scope": "reads", "probability": 0.03},
    {"kind": "error_before", "scope": "moves", "probability": 0.03},
    {"kind": "error_after", "scope": "moves", "probability": 0.04},
    {"kind": "slow", "scope": "moves", "probability": 0.01, "seconds": 11.0},  # beyond the adapter's patience
    {"kind": "webhook_dropped", "probability": 0.1},
    {"kind": "webhook_duplicated", "probability": 0.15, "copies": 3},
    {"kind": "webhook_reordered", "probability": 0.15, "seconds": 2.0},
    {"kind": "webhook_forged", "probability": 0.05},
    {"kind": "webhook_late", "probability": 0.05},
)
"""What the provider is ordered to do wrong, until cleared. The sandbox's dice are seeded by ``mischief_seed``."""


def mischief_seed(seed: int, place: int) -> int:
    return random.Random(f"{seed}:mischief {place}").randrange(2**31)
