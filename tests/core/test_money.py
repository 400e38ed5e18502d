"""Money is exact, refuses what it cannot hold, and its parts always sum to the whole."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.core.currencies import currency, current_currencies
from allsquare.core.money import MAX_MINOR, CurrencyMismatch, InvalidAmount, Money

EUR = currency("EUR")
USD = currency("USD")
JPY = currency("JPY")
KWD = currency("KWD")

minors = st.integers(-(10**15), 10**15)


def eur(text: str) -> Money:
    return Money.parse(text, EUR)


@pytest.mark.parametrize("minor", [True, 1.0, Decimal(1), "1", None])
def test_only_whole_minor_units_are_money(minor: Any) -> None:
    with pytest.raises(TypeError, match="minor units as int"):
        Money(minor, EUR)


def test_a_code_is_not_yet_a_currency() -> None:
    with pytest.raises(TypeError, match="needs a Currency"):
        Money(1, "EUR")  # type: ignore[arg-type]  # the mistake under test


def test_money_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        eur("1").minor = 2  # type: ignore[misc]  # the mistake under test


@pytest.mark.parametrize(
    ("text", "code", "minor", "plain"),
    [
        ("1234.50", "EUR", 123450, "1234.50"),
        ("1234.5", "EUR", 123450, "1234.50"),
        ("1234", "EUR", 123400, "1234.00"),
        ("+0.01", "EUR", 1, "0.01"),
        ("-0.05", "EUR", -5, "-0.05"),
        ("-0", "EUR", 0, "0.00"),
        ("007.10", "EUR", 710, "7.10"),
        ("1234", "JPY", 1234, "1234"),
        ("-1", "JPY", -1, "-1"),
        ("1.005", "KWD", 1005, "1.005"),
        ("0.0001", "CLF", 1, "0.0001"),
        ("92233720368547758.07", "EUR", MAX_MINOR, "92233720368547758.07"),
    ],
)
def test_plain_notation_is_read_and_written(text: str, code: str, minor: int, plain: str) -> None:
    amount = Money.parse(text, code)
    assert amount == Money(minor, currency(code))
    assert amount.plain == plain
    assert str(amount) == f"{plain} {code}"


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "1,50", "1,234.50", "1.234,50", "1 000", " 1", "1\n", "€1", "1_000"],
        *["1e3", "NaN", "Infinity", "0x10", "--1", "-", ".5", "5.", "1.2.3", "١٢", "9" * 31],
    ],
)
def test_what_could_be_misread_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidAmount, match=r"for example 1234\.00"):
        Money.parse(text, EUR)


@pytest.mark.parametrize(
    ("text", "code", "remedy"),
    [
        ("1.005", "EUR", "EUR has 2 decimals"),
        ("1.0", "JPY", "JPY has no decimals"),
        ("1.000", "USD", "Round it"),
    ],
)
def test_too_many_decimals_are_refused_with_the_remedy(text: str, code: str, remedy: str) -> None:
    with pytest.raises(InvalidAmount, match=remedy) as caught:
        Money.parse(text, code)
    assert caught.value.details["currency"] == code
    assert (caught.value.code, caught.value.status) == ("invalid_amount", 422)


def test_absurd_sizes_are_refused_however_they_arise() -> None:
    makers: list[Callable[[], Money]] = [
        lambda: Money.parse("92233720368547758.08", EUR),
        lambda: Money(MAX_MINOR + 1, EUR),
        lambda: Money(-MAX_MINOR - 1, EUR),
        lambda: Money(MAX_MINOR, EUR) + Money(1, EUR),
        lambda: Money(-MAX_MINOR, EUR) - Money(1, EUR),
        lambda: Money(MAX_MINOR, EUR) * 2,
        lambda: Money.total([Money(MAX_MINOR, EUR)] * 2, EUR),
    ]
    for make in makers:
        with pytest.raises(InvalidAmount, match="cannot be kept"):
            make()


def test_arithmetic() -> None:
    assert eur("1.10") + eur("2.20") == eur("3.30")
    assert eur("1.10") - eur("2.20") == eur("-1.10")
    assert eur("1.10") * 3 == 3 * eur("1.10") == eur("3.30")
    assert -eur("1.10") == eur("-1.10")
    assert abs(eur("-1.10")) == eur("1.10")
    assert eur("1") < eur("2") <= eur("2")
    assert eur("2") > eur("1") >= eur("1")
    assert (bool(eur("0.01")), bool(eur("0"))) == (True, False)
    assert Money.zero("EUR") == Money.zero(EUR) == eur("0")
    assert Money.total([eur("1"), eur("2.50")], EUR) == eur("3.50")
    assert Money.total([], "JPY") == Money(0, JPY)
    assert len({eur("1"), eur("1.00"), Money(100, USD)}) == 2


@pytest.mark.parametrize(
    "mix",
    [operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge],
    ids=lambda f: f.__name__,
)
def test_currencies_do_not_mix(mix: Callable[[Money, Money], object]) -> None:
    with pytest.raises(CurrencyMismatch, match="EUR and USD") as caught:
        mix(Money(0, EUR), Money(0, USD))
    assert caught.value.code == "currency_mismatch"


def test_a_total_does_not_mix_currencies_either() -> None:
    with pytest.raises(CurrencyMismatch):
        Money.total([Money(1, EUR), Money(1, USD)], EUR)
    assert Money(1, EUR) != Money(1, USD)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda m: m * 1.5,
        lambda m: 1.5 * m,
        lambda m: m * True,
        lambda m: m * Decimal(2),
        lambda m: m * m,
        lambda m: m + 1,
        lambda m: 0 + m,
        lambda m: m - Decimal(1),
        lambda m: m < 5,
        lambda m: m / 2,
    ],
)
def test_money_meets_only_money_and_whole_numbers(wrong: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError):
        wrong(eur("1"))


def test_the_decimal_is_exact_in_any_context() -> None:
    with localcontext() as context:
        context.prec = 2
        assert str(eur("-92233720368547758.07").decimal) == "-92233720368547758.07"
        assert str(Money(0, KWD).decimal) == "0.000"


@given(st.integers(-MAX_MINOR, MAX_MINOR), st.sampled_from(current_currencies()))
def test_every_amount_can_be_written_and_read_back(minor: int, unit: Any) -> None:
    amount = Money(minor, unit)
    assert Money.parse(amount.plain, unit) == amount
    assert Money.parse(str(amount.decimal), unit) == amount


@given(minors, minors, minors)
def test_sums_follow_the_rules_of_whole_numbers(a: int, b: int, c: int) -> None:
    x, y, z = Money(a, EUR), Money(b, EUR), Money(c, EUR)
    assert (x + y) + z == x + (y + z) == Money(a + b + c, EUR)
    assert x - y == -(y - x)
    assert (x < y) == (a < b)


@pytest.mark.parametrize(
    ("whole", "weights", "parts"),
    [
        (100, [1, 1, 1], (34, 33, 33)),
        (-100, [1, 1, 1], (-34, -33, -33)),
        (5, [3, 7], (2, 3)),
        (1, [1, 1], (1, 0)),
        (101, [50, 50], (51, 50)),
        (0, [1, 2], (0, 0)),
        (7, [0, 1, 0], (0, 7, 0)),
        (10, [Decimal("0.5"), Decimal("0.25"), Decimal("0.25")], (5, 3, 2)),
        (1000, [Decimal("33.333"), 1, Decimal("1E+1")], (752, 22, 226)),
    ],
)
def test_allocation_examples(whole: int, weights: list[int | Decimal], parts: tuple[int, ...]) -> None:
    assert tuple(part.minor for part in Money(whole, JPY).allocate(weights)) == parts


@given(
    st.integers(-MAX_MINOR, MAX_MINOR),
    st.lists(st.integers(0, 10**9) | st.decimals(0, 10**6, places=4), min_size=1, max_size=20).filter(any),
)
def test_parts_always_sum_to_the_whole(minor: int, weights: list[int | Decimal]) -> None:
    whole = Money(minor, EUR)
    parts = whole.allocate(weights)
    assert len(parts) == len(weights)
    assert Money.total(parts, EUR) == whole
    assert (-whole).allocate(weights) == tuple(-part for part in parts)
    assert not any(part for part, weight in zip(parts, weights, strict=True) if weight == 0)


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [2, -1], [Decimal("NaN")], [Decimal("Infinity")]])
def test_weights_that_say_nothing_are_refused(weights: list[int | Decimal]) -> None:
    with pytest.raises(ValueError, match="weight"):
        eur("1").allocate(weights)


@pytest.mark.parametrize("weights", [[0.5, 0.5], [True, False], ["1"]])
def test_weights_are_exact_numbers(weights: list[Any]) -> None:
    with pytest.raises(TypeError, match="a weight is an int or a Decimal"):
        eur("1").allocate(weights)
