"""Amounts as Stripe counts them (its published lists of special currencies)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.gateways.stripe.amounts import fee_of, from_stripe, smallest_units, to_stripe


@pytest.mark.parametrize(
    ("minor", "code", "units"),
    [
        (1234, "EUR", 1234),
        (500, "JPY", 500),
        (500, "ISK", 50_000),
        (7, "UGX", 700),
        (12_300, "MGA", 123),
        (12_340, "KWD", 12_340),
        (30, "GBP", 30),
    ],
)
def test_as_it_counts(minor: int, code: str, units: int) -> None:
    amount = Money(minor, currency(code))
    assert to_stripe(amount) == units
    assert from_stripe(units, code.lower()) == amount


@pytest.mark.parametrize(
    ("minor", "code"),
    [
        (0, "EUR"), (-100, "EUR"), (49, "EUR"), (29, "GBP"), (49, "JPY"), (100_000_000, "EUR"),
        (12_345, "KWD"), (12_345, "MGA"), (98_765, "CLF"),
    ],
)  # fmt: skip
def test_what_it_would_refuse_is_not_asked_for(minor: int, code: str) -> None:
    assert to_stripe(Money(minor, currency(code))) is None


@given(st.integers(0, 10**7), st.sampled_from(["EUR", "JPY", "ISK", "UGX", "KWD", "HUF", "MGA"]))
def test_there_and_back_is_the_same_amount(minor: int, code: str) -> None:
    amount = Money(minor, currency(code))
    units = smallest_units(amount)
    assert (units is None) == (code == "MGA" and minor % 100 != 0)
    if units is not None:
        assert from_stripe(units, code) == amount


def test_a_fee_in_the_accounts_own_currency_is_turned_back() -> None:
    movement = {"fee": 61, "currency": "usd", "exchange_rate": 1.2181}
    assert fee_of(movement, "eur") == Money(50, currency("EUR"))
    assert fee_of({"fee": 61, "currency": "eur", "exchange_rate": None}, "eur") == Money(61, currency("EUR"))


@pytest.mark.parametrize("units", [1.5, "100", None, True])
def test_no_amount_is_none(units: object) -> None:
    with pytest.raises(TypeError):
        from_stripe(units, "eur")
