"""Rounding by name, and the splitting of a whole into whole parts."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.core.rounding import RoundingPolicy, apportion, round_minor, round_ratio

HALF_UP, HALF_EVEN = RoundingPolicy.HALF_UP, RoundingPolicy.HALF_EVEN
DOWN, UP = RoundingPolicy.DOWN, RoundingPolicy.UP

policies = st.sampled_from(RoundingPolicy)
whole_numbers = st.integers(-(10**30), 10**30)


@pytest.mark.parametrize(
    ("value", "half_up", "half_even", "down", "up"),
    [
        ("0", 0, 0, 0, 0),
        ("0.4", 0, 0, 0, 1),
        ("0.5", 1, 0, 0, 1),
        ("0.51", 1, 1, 0, 1),
        ("1.5", 2, 2, 1, 2),
        ("2.5", 3, 2, 2, 3),
        ("-0.5", -1, 0, 0, -1),
        ("-1.5", -2, -2, -1, -2),
        ("-2.5", -3, -2, -2, -3),
        ("-2.1", -2, -2, -2, -3),
        ("7", 7, 7, 7, 7),
    ],
)
def test_each_policy_rounds_as_its_name_says(
    value: str, half_up: int, half_even: int, down: int, up: int
) -> None:
    exact = Decimal(value)
    wanted = {HALF_UP: half_up, HALF_EVEN: half_even, DOWN: down, UP: up}
    assert {policy: round_minor(exact, policy) for policy in RoundingPolicy} == wanted
    assert {policy: round_ratio(*exact.as_integer_ratio(), policy) for policy in RoundingPolicy} == wanted


def test_commercial_rounding_is_the_default() -> None:
    assert round_minor(Decimal("2.5")) == round_ratio(5, 2) == 3


def test_the_decimal_context_of_the_program_changes_nothing() -> None:
    with localcontext() as context:
        context.prec = 3
        assert round_minor(Decimal("123456789012345678901234567890.5")) == 123456789012345678901234567891


@given(whole_numbers, st.integers(1, 10**12), policies)
def test_rounding_is_symmetric_and_moves_less_than_one_unit(
    top: int, bottom: int, policy: RoundingPolicy
) -> None:
    rounded = round_ratio(top, bottom, policy)
    assert round_ratio(-top, bottom, policy) == -rounded
    distance = abs(Fraction(top, bottom) - rounded)
    assert distance < 1
    if policy in (HALF_UP, HALF_EVEN):
        assert distance <= Fraction(1, 2)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6),
    policies,
)
def test_decimals_and_ratios_round_alike(value: Decimal, policy: RoundingPolicy) -> None:
    assert round_minor(value, policy) == round_ratio(*value.as_integer_ratio(), policy)


@given(st.lists(whole_numbers, max_size=30), st.integers(1, 10**12), policies)
def test_parts_sum_to_the_rounded_whole_and_stay_near_their_shares(
    numerators: list[int], denominator: int, policy: RoundingPolicy
) -> None:
    total = round_ratio(sum(numerators), denominator, policy)
    parts = apportion(total, numerators, denominator)
    assert sum(parts) == total
    assert all(abs(Fraction(n, denominator) - part) < 1 for n, part in zip(numerators, parts, strict=True))
    assert apportion(-total, [-n for n in numerators], denominator) == [-part for part in parts]


def test_the_largest_remainder_takes_the_odd_unit_and_ties_go_to_the_earlier_share() -> None:
    assert apportion(10, [10, 10, 10], 3) == [4, 3, 3]
    assert apportion(10, [32, 34, 34], 10) == [3, 4, 3]
    assert apportion(-10, [-10, -10, -10], 3) == [-4, -3, -3]
    assert apportion(0, [], 1) == []


def test_shares_that_do_not_come_to_the_total_are_refused() -> None:
    with pytest.raises(ValueError, match="do not come to 5"):
        apportion(5, [1, 1], 1)
    with pytest.raises(ValueError, match="do not come to 3"):
        apportion(3, [1, 1], 1)
    with pytest.raises(ValueError, match="do not come to 1"):
        apportion(1, [], 1)
