"""The rules by which an attempt to pay is judged. Pure: facts in, a decision with its reasons out.

Each rule measures one number and fires when that reaches its limit. A rule that fires adds its points to the score, and
may ask for something by itself; the score asks too, once it is high enough. What is asked most strictly is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

MOST_POINTS: Final = 100
#: Below so many payments nothing is known of what a customer usually pays.
A_HISTORY: Final = 3


class Action(StrEnum):
    """What is done with an attempt, mildest first. A review lets the money come, and asks a person before anything is
    delivered; like a challenge, it asks the payer's bank to make sure who pays."""

    ALLOW = "allow"
    CHALLENGE = "challenge"
    REVIEW = "review"
    BLOCK = "block"

    @property
    def rank(self) -> int:
        return _ORDER.index(self)


_ORDER: Final = tuple(Action)


class Effect(StrEnum):
    """What a rule does when it fires."""

    OFF = "off"
    COUNT = "count"  # adds its points, and asks for nothing by itself
    CHALLENGE = "challenge"
    REVIEW = "review"
    BLOCK = "block"

    @property
    def action(self) -> Action:
        return Action.ALLOW if self in (Effect.OFF, Effect.COUNT) else Action(self.value)


class Stage(StrEnum):
    """When what a rule measures is known: before the provider is asked, or by the provider's answer."""

    BEFORE = "before"
    AFTER = "after"


class Unit(StrEnum):
    """What a limit counts."""

    TIMES = "times"
    MONEY = "money"  # minor units of the base currency
    SCORE = "score"


class Rule(StrEnum):
    BLOCKED = "blocked"
    DECLINED_ADDRESS = "declined_address"
    DECLINED_PAYER = "declined_payer"
    UNPAID_LINK = "unpaid_link"
    PAYERS_ADDRESS = "payers_address"
    TRIES_MAIL = "tries_mail"
    BLOCKED_CARD = "blocked_card"
    PAYERS_CARD = "payers_card"
    TRIES_CARD = "tries_card"
    AMOUNT_HISTORY = "amount_history"
    NEW_PAYER = "new_payer"
    CARD_COUNTRY = "card_country"
    PROVIDER_SCORE = "provider_score"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one attempt. ``None`` means that something is not known, which fires no rule.

    Counts are of this organization alone and include what happened before this attempt, not the attempt itself, but for
    the people (``payers_…``) and the tries of a card. ``listed`` names what stands on the list of blocked;
    ``is_allowed`` is that something stands on the other one; ``is_allowed_as_typed`` that it is only what whoever pays
    typed of themselves.
    """

    amount_minor: int = 0
    base_minor: int | None = None
    declined_address: int | None = None
    declined_payer: int | None = None
    unpaid_link: int | None = None
    payers_address: int | None = None
    tries_mail: int | None = None
    payers_card: int | None = None
    tries_card: int | None = None
    paid_count: int | None = None
    paid_most_minor: int | None = None
    listed: tuple[str, ...] = ()
    is_allowed: bool = False
    is_allowed_as_typed: bool = False
    buyer_country: str = ""
    card_country: str = ""
    provider_score: int | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A rule as it comes: its usual limit (from ``least`` to ``most``; equal where nothing can be set) and effect."""

    rule: Rule
    stage: Stage
    measure: Callable[[Facts], int | None]
    points: int
    limit: int
    effect: Effect
    least: int = 1
    most: int = 1_000
    unit: Unit = Unit.TIMES

    @property
    def has_limit(self) -> bool:
        return self.least < self.most

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What may be chosen: after the provider's answer it is too late to ask the bank or to refuse."""
        if self.stage is Stage.AFTER:
            return (Effect.OFF, Effect.COUNT, Effect.REVIEW)
        return tuple(Effect)


def _over_history(facts: Facts) -> int | None:
    """How many times the most that was ever paid."""
    if facts.paid_count is None or facts.paid_count < A_HISTORY or not facts.paid_most_minor:
        return None
    return facts.amount_minor // facts.paid_most_minor


def _of_a_new_payer(facts: Facts) -> int | None:
    return facts.base_minor if facts.paid_count == 0 else None


def _other_country(facts: Facts) -> int | None:
    if not facts.card_country or not facts.buyer_country:
        return None
    return int(facts.card_country != facts.buyer_country)


_B, _A = Stage.BEFORE, Stage.AFTER

DEFINITIONS: Final[tuple[Definition, ...]] = (
    Definition(Rule.BLOCKED, _B, lambda facts: len(facts.listed), 100, 1, Effect.BLOCK, most=1),
    Definition(Rule.DECLINED_ADDRESS, _B, lambda facts: facts.declined_address, 60, 30, Effect.BLOCK, 2),
    Definition(Rule.DECLINED_PAYER, _B, lambda facts: facts.declined_payer, 30, 5, Effect.CHALLENGE, 2),
    Definition(Rule.UNPAID_LINK, _B, lambda facts: facts.unpaid_link, 30, 15, Effect.CHALLENGE, 2),
    Definition(Rule.PAYERS_ADDRESS, _B, lambda facts: facts.payers_address, 30, 10, Effect.CHALLENGE, 2),
    Definition(Rule.TRIES_MAIL, _B, lambda facts: facts.tries_mail, 20, 10, Effect.CHALLENGE, 2),
    Definition(Rule.AMOUNT_HISTORY, _B, _over_history, 20, 5, Effect.COUNT, 2, 100),
    Definition(
        Rule.NEW_PAYER, _B, _of_a_new_payer, 20, 500_000, Effect.CHALLENGE, 1, 10**12, unit=Unit.MONEY
    ),
    Definition(Rule.BLOCKED_CARD, _A, lambda facts: len(facts.listed), 100, 1, Effect.REVIEW, most=1),
    Definition(Rule.PAYERS_CARD, _A, lambda facts: facts.payers_card, 40, 3, Effect.REVIEW, 2),
    Definition(Rule.TRIES_CARD, _A, lambda facts: facts.tries_card, 30, 5, Effect.REVIEW, 2),
    Definition(Rule.CARD_COUNTRY, _A, _other_country, 20, 1, Effect.COUNT, most=1),
    Definition(
        Rule.PROVIDER_SCORE, _A, lambda facts: facts.provider_score, 40, 75, Effect.REVIEW, 1, 100, Unit.SCORE
    ),
)

BY_RULE: Final[Mapping[Rule, Definition]] = {each.rule: each for each in DEFINITIONS}


#: What is the attempt's own. The other rules count what anybody with the same link, or who types the same mail address,
#: may bring about, or only wonder at a sum: however many of those fire, they turn nobody away by their points.
OWN: Final = frozenset({Rule.BLOCKED, Rule.DECLINED_ADDRESS, Rule.PAYERS_ADDRESS})


@dataclass(frozen=True, slots=True)
class Setting:
    """How one rule is set."""

    limit: int
    effect: Effect


USUAL: Final[Mapping[Rule, Setting]] = {each.rule: Setting(each.limit, each.effect) for each in DEFINITIONS}


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule as it is set, and from how many points the score itself asks for something."""

    settings: Mapping[Rule, Setting] = field(default_factory=lambda: USUAL)
    challenge_from: int = 40
    review_from: int = 60
    block_from: int = 100

    def asked_by(self, score: int) -> Action:
        if score >= self.block_from:
            return Action.BLOCK
        if score >= self.review_from:
            return Action.REVIEW
        return Action.CHALLENGE if score >= self.challenge_from else Action.ALLOW


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that fired: what was ``seen``, and the ``limit`` that it reached. ``what`` names what was listed."""

    rule: Rule
    seen: int
    limit: int
    points: int
    what: str = ""

    def kept(self) -> dict[str, object]:
        """As rows and events keep it."""
        return {name: value for name, value in asdict(self).items() if value != ""}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Reason | None:
        """What was kept; ``None`` for a rule that is no more."""
        return cls(**{**kept, "rule": Rule(kept["rule"])}) if kept["rule"] in set(Rule) else None


@dataclass(frozen=True, slots=True)
class Decision:
    """``score`` from 0 (nothing speaks against it) to 100."""

    score: int
    action: Action
    reasons: tuple[Reason, ...] = ()
    is_allowed: bool = False


def score(
    facts: Facts, rules: Rules, *, stage: Stage = Stage.BEFORE, before: Decision | None = None
) -> Decision:
    """Judge an attempt. At the later ``stage`` the points that it had ``before`` count on, once something new speaks
    against it: what was asked for them alone is decided.

    Who is on the list of allowed is let through whatever the rules say, but for the list of blocked. Whoever typed what
    stands there may be somebody else: their bank is asked, and declines from their address count.
    """
    fired = [reason for each in DEFINITIONS if each.stage is stage and (reason := _fired(each, facts, rules))]
    earlier = before or Decision(0, Action.ALLOW)
    reasons = (*earlier.reasons, *fired)
    points = min(sum(reason.points for reason in reasons), MOST_POINTS)
    if (facts.is_allowed or earlier.is_allowed) and not facts.listed:
        return Decision(points, Action.ALLOW, reasons, is_allowed=True)
    asked = [rules.settings[reason.rule].effect.action for reason in fired]
    if fired or before is None:
        asked.append(_by_points(points, reasons, rules))
    action = max((earlier.action, *asked), key=lambda each: each.rank)
    if facts.is_allowed_as_typed and not any(reason.rule in _NOT_PARDONED for reason in reasons):
        action = min(action, Action.CHALLENGE, key=lambda each: each.rank)
    if stage is Stage.AFTER and action is Action.BLOCK:
        action = Action.REVIEW  # the money is there already
    return Decision(points, action, reasons)


_NOT_PARDONED: Final = frozenset({Rule.BLOCKED, Rule.DECLINED_ADDRESS})


def _by_points(points: int, reasons: Sequence[Reason], rules: Rules) -> Action:
    action = rules.asked_by(points)
    if action is Action.BLOCK and not any(reason.rule in OWN for reason in reasons):
        return Action.REVIEW
    return action


def _fired(definition: Definition, facts: Facts, rules: Rules) -> Reason | None:
    setting = rules.settings.get(definition.rule, USUAL[definition.rule])
    if setting.effect is Effect.OFF:
        return None
    seen = definition.measure(facts)
    if seen is None or seen < setting.limit:
        return None
    what = ",".join(facts.listed) if definition.rule is Rule.BLOCKED else ""
    return Reason(definition.rule, seen, setting.limit, definition.points, what)
