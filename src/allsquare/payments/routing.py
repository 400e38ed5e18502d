"""Which accounts take a payment, and in which order: the first rule that fits says so; where none fits, the order in
which the accounts were added. Pure.

A rule says all who may take it: an account that it does not name is not asked, however the others are. So a business
can keep its large payments with one provider, and says in the same line who stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from allsquare.core.money import Money
from allsquare.payments.gateway import MethodKind


@dataclass(frozen=True, slots=True)
class Question:
    """A payment that somebody is about to make; ``group`` is their customer group, if any."""

    amount: Money
    method: MethodKind
    group: UUID | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """``accounts`` in their order, for what fits every condition that is set. ``least`` and ``most`` are minor units of
    ``currency``, both included."""

    accounts: tuple[UUID, ...]
    currency: str = ""
    method: str = ""
    least: int | None = None
    most: int | None = None
    group: UUID | None = None

    def fits(self, asked: Question) -> bool:
        minor = asked.amount.minor
        return (
            self.currency in ("", asked.amount.currency.code)
            and self.method in ("", asked.method)
            and (self.least is None or minor >= self.least)
            and (self.most is None or minor <= self.most)
            and self.group in (None, asked.group)
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """``place`` is that of the rule, counted from 0; ``None``: no rule fits."""

    accounts: tuple[UUID, ...]
    place: int | None = None


def decide(rules: Sequence[Rule], asked: Question, able: Iterable[UUID]) -> Decision:
    """Who takes what is asked, of those that are ``able`` to, which come in the order of the business."""
    those = tuple(able)
    for place, rule in enumerate(rules):
        if rule.fits(asked):
            named = dict.fromkeys(rule.accounts)
            return Decision(tuple(each for each in named if each in those), place)
    return Decision(those)
