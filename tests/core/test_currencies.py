"""The list of currencies is that of ISO 4217, and every one of them carries amounts exactly."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest

from allsquare.core.currencies import Currency, UnknownCurrency, currency, current_currencies
from allsquare.core.money import Money


@pytest.mark.parametrize(
    ("code", "exponent"),
    [
        *[("EUR", 2), ("USD", 2), ("HUF", 2), ("MRU", 2), ("MGA", 2), ("RSD", 2), ("XCG", 2)],
        *[("JPY", 0), ("KRW", 0), ("ISK", 0), ("UGX", 0), ("XOF", 0)],
        *[("KWD", 3), ("TND", 3), ("IQD", 3), ("CLF", 4), ("UYW", 4)],
    ],
)
def test_exponents_are_those_of_the_standard(code: str, exponent: int) -> None:
    assert currency(code).exponent == exponent
    assert currency(code).minor_per_major == 10**exponent


def test_the_list_is_complete() -> None:
    found = current_currencies()
    assert len(found) >= 160
    assert [c.code for c in found] == sorted({c.code for c in found})
    assert {c.exponent for c in found} == {0, 2, 3, 4}
    assert all(c.name for c in found)


@pytest.mark.parametrize("unit", current_currencies(), ids=str)
def test_every_currency_carries_amounts_there_and_back(unit: Currency) -> None:
    assert currency(unit.code) is unit
    for minor in (0, 1, -1, 10**unit.exponent, 123_456_789, -(10**18), 2**63 - 1):
        amount = Money(minor, unit)
        assert Money.parse(amount.plain, unit.code) == amount
        assert amount.decimal == Decimal(minor) / 10**unit.exponent
        assert -amount.decimal.as_tuple().exponent == unit.exponent  # type: ignore[operator]  # finite: an int
        assert str(amount.decimal.copy_abs()) == abs(amount).plain


@pytest.mark.parametrize(
    "code", ["XAU", "XXX", "XTS", "XDR", "eur", "EU", "EURO", "", "€", "ABC", None, ["EUR"]]
)
def test_what_is_no_currency_is_refused_with_the_remedy(code: str) -> None:
    with pytest.raises(UnknownCurrency, match="ISO 4217") as caught:
        currency(code)
    assert caught.value.code == "unknown_currency"
    assert caught.value.status == 422


def test_old_documents_stay_readable_but_withdrawn_currencies_are_not_offered() -> None:
    assert Money.parse("19.56", "BGN").minor == 1956
    assert "BGN" not in {c.code for c in current_currencies()}


def test_a_currency_from_another_process_is_the_same_currency() -> None:
    there = pickle.loads(pickle.dumps(currency("KWD")))  # noqa: S301  # our own bytes
    assert Money(5, there) + Money(1, currency("KWD")) == Money(6, currency("KWD"))
    assert hash(there) == hash(currency("KWD"))
