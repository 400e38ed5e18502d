from __future__ import annotations

from datetime import UTC, datetime

import pytest
from stdnum import iban, luhn

from allsquare_sandbox.cards import ACCOUNTS, CARDS, read_card, read_debit

NOW = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
GOOD = {"number": "4242 4242 4242 4242", "expiry": "11/26", "cvc": "123"}


def test_every_test_number_is_well_formed_and_does_one_thing() -> None:
    assert all(luhn.is_valid(card.number) for card in CARDS)
    assert all(iban.is_valid(bank.number) for bank in ACCOUNTS)
    numbers = [each.number for each in (*CARDS, *ACCOUNTS)]
    assert len(numbers) == len(set(numbers))


def test_a_card_is_good_until_the_end_of_its_month() -> None:
    form = read_card(GOOD, now=NOW)

    assert form.errors == {}
    assert form.expires == "2026-11"
    assert form.scenario is not None
    assert form.scenario.name == "visa"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", ""),
        ("number", "4242 4242 4242 4241"),
        ("number", "4242"),
        ("number", "4242-4242-4242-424x"),
        ("number", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"),
        ("number", "4111 1111 1111 1111"),  # well formed, but none of ours: it might be somebody's
        ("expiry", ""),
        ("expiry", "13/30"),
        ("expiry", "10/26"),
        ("expiry", "12/99"),
        ("expiry", "soon"),
        ("cvc", ""),
        ("cvc", "12"),
        ("cvc", "1234"),
        ("cvc", "12a"),
    ],
)
def test_each_field_says_what_is_wrong_with_it(field: str, value: str) -> None:
    form = read_card({**GOOD, field: value}, now=NOW)

    assert list(form.errors) == [field]


def test_a_number_that_is_not_ours_is_not_shown_again() -> None:
    form = read_card({**GOOD, "number": "4111 1111 1111 1111"}, now=NOW)

    assert form.values["number"] == ""


def test_amex_has_four_digits() -> None:
    amex = {**GOOD, "number": "3782 822463 10005"}

    assert list(read_card({**amex, "cvc": "123"}, now=NOW).errors) == ["cvc"]
    assert read_card({**amex, "cvc": "1234"}, now=NOW).errors == {}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"iban": "DE89370400440532013001", "holder": "Ada"}, "iban"),
        ({"iban": "", "holder": "Ada"}, "iban"),
        ({"iban": "GB82WEST12345698765432", "holder": "Ada"}, "iban"),
        ({"iban": "DE89 3704 0044 0532 0130 00", "holder": " "}, "holder"),
    ],
)
def test_a_debit_needs_a_test_iban_and_a_holder(typed: dict[str, str], field: str) -> None:
    assert list(read_debit(typed).errors) == [field]
    assert read_debit({"iban": "de89 3704 0044 0532 0130 00", "holder": "Ada"}).errors == {}
