"""People read their language's habits, the standard's number of decimals, and every digit that there is."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.core.currencies import Currency, currency, current_currencies
from allsquare.core.formatting import (
    UnknownLanguage,
    format_date,
    format_instant,
    format_money,
    format_percent,
    format_quantity,
    locale_of,
)
from allsquare.core.money import MAX_MINOR, Money


@pytest.mark.parametrize(
    ("text", "code", "language", "shown"),
    [
        ("1234.50", "EUR", "en", "€1,234.50"),
        ("1234.50", "EUR", "de", "1.234,50\xa0€"),
        ("1234.50", "EUR", "fr", "1\u202f234,50\xa0€"),
        ("-1234.50", "USD", "en", "-$1,234.50"),
        ("1234567.89", "INR", "en-IN", "₹12,34,567.89"),
        ("1234.50", "BRL", "pt-BR", "R$\xa01.234,50"),
        ("1234", "JPY", "ja", "￥1,234"),
        ("1.005", "KWD", "en", "KWD\xa01.005"),
        ("-20", "CHF", "en", "-CHF\xa020.00"),
        ("0.0001", "CLF", "de", "0,0001\xa0CLF"),
        ("0", "EUR", "en", "€0.00"),
        ("92233720368547758.07", "EUR", "en", "€92,233,720,368,547,758.07"),
    ],
)
def test_amounts_read_as_people_write_them(text: str, code: str, language: str, shown: str) -> None:
    assert format_money(Money.parse(text, code), language) == shown


@pytest.mark.parametrize("code", ["RSD", "IQD", "LBP", "MGA"])
def test_decimals_are_those_of_iso_4217_where_cldr_would_hide_them(code: str) -> None:
    exponent = currency(code).exponent
    assert format_money(Money(1, currency(code)), "en").endswith("0." + "1".rjust(exponent, "0"))


@given(
    st.integers(-MAX_MINOR, MAX_MINOR),
    st.sampled_from(current_currencies()),
    st.sampled_from(["en", "hi", "ja"]),
)
def test_every_digit_of_every_amount_is_shown(minor: int, unit: Currency, language: str) -> None:
    amount = Money(minor, unit)
    shown = format_money(amount, language)
    sign = "-" if shown.startswith("-") else ""
    assert sign + "".join(re.findall(r"\d+(?:\.\d+)?", shown.replace(",", ""))) == amount.plain


def test_rates_and_quantities_keep_their_decimals_and_lose_empty_ones() -> None:
    assert format_percent(Decimal("19.00"), "en") == "19%"
    assert format_percent(Decimal("7.725"), "de") == "7,725\xa0%"
    assert format_percent(Decimal(0), "en") == "0%"
    assert format_quantity(Decimal("33.33300"), "de") == "33,333"
    assert format_quantity(Decimal("1E+4"), "en") == "10,000"
    assert format_quantity(Decimal("-0.000001"), "en") == "-0.000001"
    assert format_quantity(Decimal("0.125"), "en") == "0.125"


def test_days_and_moments() -> None:
    assert format_date(dt.date(2026, 1, 31), "en") == "Jan 31, 2026"
    assert format_date(dt.date(2026, 1, 31), "de") == "31.01.2026"
    assert format_date(dt.date(2026, 1, 31), "en", "long") == "January 31, 2026"
    moment = dt.datetime(2026, 1, 31, 23, 30, tzinfo=dt.UTC)
    assert format_instant(moment, "de", ZoneInfo("Europe/Berlin")) == "01.02.2026, 00:30:00"
    with pytest.raises(ValueError, match="without a time zone"):
        format_instant(moment.replace(tzinfo=None), "de", ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("tag", "name"), [("pt-BR", "pt_BR"), ("pt_BR", "pt_BR"), ("zh-hans", "zh_Hans"), ("en", "en")]
)
def test_language_tags_are_read_in_both_spellings(tag: str, name: str) -> None:
    assert str(locale_of(tag)) == name


@pytest.mark.parametrize("language", ["", "xx", "en-", "../../en", "e" * 200, None])
def test_an_unknown_language_is_refused_with_examples(language: str) -> None:
    with pytest.raises(UnknownLanguage, match="such as en, de or pt-BR") as caught:
        locale_of(language)
    assert caught.value.code == "unknown_language"
