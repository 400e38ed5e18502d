"""Which accounts take a payment: the first rule that fits, else the order of the accounts."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.payments.gateway import MethodKind
from allsquare.payments.routing import Decision, Question, Rule, decide

A, B, C = (UUID(int=number) for number in (1, 2, 3))
WHOLESALE, RETAIL = UUID(int=10), UUID(int=11)


def asked(
    minor: int = 1000,
    code: str = "EUR",
    method: MethodKind = MethodKind.CARD,
    group: UUID | None = None,
) -> Question:
    return Question(Money(minor, currency(code)), method, group)


def test_without_rules_the_accounts_order_stands() -> None:
    assert decide([], asked(), [B, A]) == Decision((B, A))


@pytest.mark.parametrize(
    ("rule", "question", "fits"),
    [
        (Rule((A,)), asked(), True),
        (Rule((A,), currency="USD"), asked(), False),
        (Rule((A,), currency="USD"), asked(code="USD"), True),
        (Rule((A,), method="card"), asked(), True),
        (Rule((A,), method="card"), asked(method=MethodKind.BANK_DEBIT), False),
        (Rule((A,), currency="EUR", least=1000), asked(1000), True),
        (Rule((A,), currency="EUR", least=1001), asked(1000), False),
        (Rule((A,), currency="EUR", most=1000), asked(1000), True),
        (Rule((A,), currency="EUR", most=999), asked(1000), False),
        (Rule((A,), currency="JPY", least=500), asked(1000), False),  # an amount of another currency
        (Rule((A,), group=WHOLESALE), asked(group=WHOLESALE), True),
        (Rule((A,), group=WHOLESALE), asked(group=RETAIL), False),
        (Rule((A,), group=WHOLESALE), asked(), False),
    ],
)
def test_a_rule_fits_what_meets_all_of_its_conditions(rule: Rule, question: Question, fits: bool) -> None:
    assert rule.fits(question) is fits
    assert decide([rule], question, [B, A]) == (Decision((A,), 0) if fits else Decision((B, A)))


def test_the_first_rule_that_fits_decides_even_where_nobody_of_it_is_able() -> None:
    rules = [Rule((C,), method="card"), Rule((A,))]
    assert decide(rules, asked(), [A, B]) == Decision((), 0)


def test_a_rules_order_is_that_in_which_they_are_asked() -> None:
    assert decide([Rule((C, A, C))], asked(), [A, B, C]) == Decision((C, A), 0)


accounts = st.lists(st.sampled_from([A, B, C]), unique=True)
rules = st.lists(
    st.builds(
        Rule,
        accounts=accounts.map(tuple),
        currency=st.sampled_from(["", "EUR", "USD"]),
        method=st.sampled_from(["", "card", "bank_debit"]),
        least=st.none() | st.integers(0, 2000),
        most=st.none() | st.integers(0, 2000),
        group=st.sampled_from([None, WHOLESALE, RETAIL]),
    ),
    max_size=5,
)
questions = st.builds(
    asked,
    st.integers(1, 2000),
    st.sampled_from(["EUR", "USD"]),
    st.sampled_from([MethodKind.CARD, MethodKind.BANK_DEBIT]),
    st.sampled_from([None, WHOLESALE, RETAIL]),
)


@given(rules, questions, accounts)
def test_nobody_is_asked_who_is_not_able_or_not_named(
    rules: list[Rule], question: Question, able: list[UUID]
) -> None:
    decision = decide(rules, question, able)
    assert set(decision.accounts) <= set(able)
    assert len(set(decision.accounts)) == len(decision.accounts)
    if decision.place is None:
        assert not any(rule.fits(question) for rule in rules)
        assert decision.accounts == tuple(able)
    else:
        assert rules[decision.place].fits(question)
        assert not any(rule.fits(question) for rule in rules[: decision.place])
        assert set(decision.accounts) <= set(rules[decision.place].accounts)


@given(rules, questions, accounts, accounts)
def test_whoever_is_able_besides_changes_nothing_for_the_others(
    rules: list[Rule], question: Question, able: list[UUID], more: list[UUID]
) -> None:
    wider = [*able, *(each for each in more if each not in able)]
    narrow, wide = decide(rules, question, able), decide(rules, question, wider)
    assert narrow.place == wide.place
    assert narrow.accounts == tuple(each for each in wide.accounts if each in able)
