"""The rules alone: each fires at its limit and not below, and a decision follows from its reasons."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allsquare.risk.rules import (
    BY_RULE,
    DEFINITIONS,
    USUAL,
    Action,
    Decision,
    Effect,
    Facts,
    Rule,
    Rules,
    Setting,
    Stage,
    score,
)

#: Facts at which each rule fires as it comes, and the nearest at which it does not.
AT_LIMIT: dict[Rule, tuple[Facts, Facts]] = {
    Rule.BLOCKED: (Facts(listed=("mail",)), Facts()),
    Rule.DECLINED_ADDRESS: (Facts(declined_address=30), Facts(declined_address=29)),
    Rule.DECLINED_PAYER: (Facts(declined_payer=5), Facts(declined_payer=4)),
    Rule.UNPAID_LINK: (Facts(unpaid_link=15), Facts(unpaid_link=14)),
    Rule.PAYERS_ADDRESS: (Facts(payers_address=10), Facts(payers_address=9)),
    Rule.TRIES_MAIL: (Facts(tries_mail=10), Facts(tries_mail=9)),
    Rule.AMOUNT_HISTORY: (
        Facts(amount_minor=500, paid_count=3, paid_most_minor=100),
        Facts(amount_minor=499, paid_count=3, paid_most_minor=100),
    ),
    Rule.NEW_PAYER: (Facts(base_minor=500_000, paid_count=0), Facts(base_minor=499_999, paid_count=0)),
    Rule.BLOCKED_CARD: (Facts(listed=("card",)), Facts()),
    Rule.PAYERS_CARD: (Facts(payers_card=3), Facts(payers_card=2)),
    Rule.TRIES_CARD: (Facts(tries_card=5), Facts(tries_card=4)),
    Rule.CARD_COUNTRY: (
        Facts(card_country="BR", buyer_country="DE"),
        Facts(card_country="DE", buyer_country="DE"),
    ),
    Rule.PROVIDER_SCORE: (Facts(provider_score=75), Facts(provider_score=74)),
}


def judged(facts: Facts, rule: Rule, rules: Rules | None = None) -> Decision:
    return score(facts, rules or Rules(), stage=BY_RULE[rule].stage)


@pytest.mark.parametrize("rule", list(Rule))
def test_each_rule_fires_at_its_limit_and_says_what_was_seen(rule: Rule) -> None:
    (reason,) = judged(AT_LIMIT[rule][0], rule).reasons
    assert (reason.rule, reason.points) == (rule, BY_RULE[rule].points)
    assert reason.seen >= reason.limit == USUAL[rule].limit


@pytest.mark.parametrize("rule", list(Rule))
def test_no_rule_fires_below_its_limit_nor_where_nothing_is_known(rule: Rule) -> None:
    for facts in (AT_LIMIT[rule][1], Facts()):
        assert judged(facts, rule) == Decision(0, Action.ALLOW)


@pytest.mark.parametrize("rule", list(Rule))
def test_a_rule_that_is_off_says_nothing(rule: Rule) -> None:
    off = Rules({**USUAL, rule: Setting(USUAL[rule].limit, Effect.OFF)})
    assert judged(AT_LIMIT[rule][0], rule, off) == Decision(0, Action.ALLOW)


@pytest.mark.parametrize("effect", [Effect.COUNT, Effect.CHALLENGE, Effect.REVIEW, Effect.BLOCK])
def test_a_rule_asks_for_what_it_is_set_to(effect: Effect) -> None:
    rules = Rules({**USUAL, Rule.TRIES_MAIL: Setting(10, effect)})
    assert judged(Facts(tries_mail=10), Rule.TRIES_MAIL, rules).action is effect.action


def test_a_payer_with_few_payments_has_no_history_to_compare_with() -> None:
    assert not judged(Facts(amount_minor=10**6, paid_count=2, paid_most_minor=1), Rule.AMOUNT_HISTORY).reasons


def test_who_paid_before_is_no_new_payer() -> None:
    assert not judged(Facts(base_minor=10**9, paid_count=1), Rule.NEW_PAYER).reasons


def test_points_add_up_and_ask_by_themselves() -> None:
    """Neither rule asks for more than the payer's bank; together they ask a person."""
    facts = Facts(declined_payer=5, unpaid_link=15)
    decision = score(facts, Rules())
    assert (decision.score, decision.action) == (60, Action.REVIEW)
    assert score(replace(facts, unpaid_link=0), Rules()).action is Action.CHALLENGE


def test_what_others_may_bring_about_never_adds_up_to_a_block() -> None:
    """Whoever knows the link of an invoice can have cards declined there: its honest payer still pays."""
    facts = Facts(declined_payer=99, unpaid_link=99, tries_mail=99, paid_count=0, base_minor=10**9)
    decision = score(facts, Rules())
    assert (decision.score, decision.action) == (100, Action.REVIEW)
    assert score(replace(facts, payers_address=10), Rules()).action is Action.BLOCK


def test_what_a_payer_typed_of_themselves_softens_and_never_pardons_an_address() -> None:
    many = Facts(declined_payer=5, unpaid_link=15, tries_mail=10, payers_address=10)
    assert score(many, Rules()).action is Action.BLOCK
    decision = score(replace(many, is_allowed_as_typed=True), Rules())
    assert (decision.action, decision.is_allowed) == (Action.CHALLENGE, False)
    assert score(Facts(declined_address=30, is_allowed_as_typed=True), Rules()).action is Action.BLOCK
    assert score(Facts(listed=("mail",), is_allowed_as_typed=True), Rules()).action is Action.BLOCK


def test_the_answer_of_the_provider_undoes_no_pardon_unless_it_tells_something_new() -> None:
    many = Facts(declined_payer=5, unpaid_link=15, tries_mail=10, is_allowed_as_typed=True)
    before = score(many, Rules())
    assert (before.score, before.action) == (80, Action.CHALLENGE)
    calm = Facts(provider_score=10, payers_card=1, buyer_country="DE", card_country="DE")
    assert score(calm, Rules(), stage=Stage.AFTER, before=before) == before
    after = score(replace(calm, provider_score=80), Rules(), stage=Stage.AFTER, before=before)
    assert after.action is Action.REVIEW


def test_who_is_allowed_is_let_through_whatever_the_rules_say() -> None:
    decision = score(Facts(declined_address=99, is_allowed=True), Rules())
    assert (decision.action, decision.is_allowed, len(decision.reasons)) == (Action.ALLOW, True, 1)


def test_the_list_of_blocked_counts_more_than_that_of_allowed() -> None:
    assert score(Facts(listed=("country",), is_allowed=True), Rules()).action is Action.BLOCK


def test_after_the_answer_points_from_before_count_on_and_nothing_is_blocked_any_more() -> None:
    before = score(Facts(declined_address=30), Rules(block_from=90))
    after = score(
        Facts(provider_score=80),
        Rules(block_from=90),
        stage=Stage.AFTER,
        before=replace(before, action=Action.ALLOW),
    )
    assert (after.score, after.action) == (100, Action.REVIEW)
    assert [reason.rule for reason in after.reasons] == [Rule.DECLINED_ADDRESS, Rule.PROVIDER_SCORE]


_COUNTS = st.none() | st.integers(0, 2000)
_FACTS = st.builds(
    Facts,
    amount_minor=st.integers(1, 10**12),
    base_minor=st.none() | st.integers(1, 10**12),
    declined_address=_COUNTS,
    declined_payer=_COUNTS,
    unpaid_link=_COUNTS,
    payers_address=_COUNTS,
    tries_mail=_COUNTS,
    payers_card=_COUNTS,
    tries_card=_COUNTS,
    paid_count=_COUNTS,
    paid_most_minor=st.none() | st.integers(1, 10**12),
    listed=st.lists(st.sampled_from(["mail", "card"]), max_size=2, unique=True).map(tuple),
    is_allowed=st.booleans(),
    is_allowed_as_typed=st.booleans(),
    buyer_country=st.sampled_from(["", "DE", "BR"]),
    card_country=st.sampled_from(["", "DE", "BR"]),
    provider_score=st.none() | st.integers(0, 100),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_FACTS, st.sampled_from(list(Stage)))
def test_a_decision_is_always_explained(facts: Facts, stage: Stage) -> None:
    decision = score(facts, Rules(), stage=stage)
    assert 0 <= decision.score <= 100
    assert decision.score == min(100, sum(reason.points for reason in decision.reasons))
    if decision.action is not Action.ALLOW:
        assert decision.reasons
    assert all(BY_RULE[reason.rule].stage is stage for reason in decision.reasons)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_FACTS, st.integers(0, 2000), st.integers(0, 2000))
def test_more_declines_are_never_judged_milder(facts: Facts, some: int, more: int) -> None:
    low, high = sorted((some, more))
    mild = score(replace(facts, declined_address=low), Rules())
    strict = score(replace(facts, declined_address=high), Rules())
    assert strict.action.rank >= mild.action.rank
    assert strict.score >= mild.score


def test_what_may_be_chosen_holds_what_is_usual() -> None:
    for each in DEFINITIONS:
        assert each.effect in each.effects
        assert each.least <= each.limit <= each.most
