from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.ledger.amounts import to_base


@pytest.mark.parametrize(
    ("minor", "code", "base", "rate", "worth"),
    [
        (1000, "USD", "EUR", "0.92", 920),
        (1, "JPY", "EUR", "0.006", 1),  # 0.6 cent
        (1000, "JPY", "EUR", "0.006", 600),
        (12345, "EUR", "JPY", "165.5", 20431),  # 123.45 EUR are 20430.975 JPY
        (1000, "KWD", "EUR", "3", 300),  # one dinar has a thousand fils
        (100, "EUR", "KWD", "0.3335", 334),  # 333.5 fils, half up
        (1, "USD", "EUR", "0.5", 1),
        (-1, "USD", "EUR", "0.5", -1),  # halves away from zero, so that a reversal is exact
        (1, "USD", "EUR", "0.4999999999", 0),
        (777, "EUR", "EUR", "5", 777),  # the base currency is worth itself
        (10**15, "USD", "EUR", "9999999999.9999999999", 9999999999999999999900000),
    ],
)
def test_worth_in_base_currency(minor: int, code: str, base: str, rate: str, worth: int) -> None:
    assert to_base(minor, currency=code, base=base, rate=Decimal(rate)) == worth


@given(
    minor=st.integers(-(10**15), 10**15),
    code=st.sampled_from(["USD", "JPY", "KWD"]),
    rate=st.decimals("0.0000000001", "9999999999", places=10),
)
def test_it_is_within_half_a_unit_and_opposites_cancel(minor: int, code: str, rate: Decimal) -> None:
    exponent = {"USD": 2, "JPY": 0, "KWD": 3}[code]
    worth = to_base(minor, currency=code, base="EUR", rate=rate)
    above, below = rate.as_integer_ratio()
    exact_times = minor * above * 10**2  # in cents, times below and 10**exponent
    assert abs(2 * (worth * below * 10**exponent - exact_times)) <= below * 10**exponent
    assert to_base(-minor, currency=code, base="EUR", rate=rate) == -worth
