"""Amounts as people type them, and what is said of those that are none."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.web.ui.typed import MoneyField


@pytest.mark.parametrize(
    ("language", "typed", "minor"),
    [("de", "1.234,50", 123450), ("de", "12,5", 1250), ("de", "12.50", 1250), ("en", "1234.50", 123450)],
)
def test_an_amount_is_read_as_its_reader_writes_it(language: str, typed: str, minor: int) -> None:
    with translation.override(language):
        assert MoneyField(currency=currency("EUR")).clean(typed) == Money(minor, currency("EUR"))


@pytest.mark.parametrize(
    ("language", "typed", "says"),
    [
        ("de", "abc", "1234,00"),
        ("de", "1.234", "„1.234“ ist kein Betrag"),
        ("de", "12,345", "12,345 hat zu viele Nachkommastellen"),
        ("de", "9" * 25, "kann nicht gespeichert werden"),
        ("en", "abc", "1234.00"),
        ("en", "12.345", "12.345 has too many decimals"),
        ("en", "1,234.00", "is not an amount"),
    ],
)
def test_what_is_wrong_is_said_in_the_same_writing(language: str, typed: str, says: str) -> None:
    with translation.override(language), pytest.raises(ValidationError) as refused:
        MoneyField(currency=currency("EUR")).clean(typed)
    assert says in refused.value.messages[0]
