"""Figures are typed as the reader's language writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django import forms
from django.utils import translation

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.web.console.forms.fields import FigureField, currency_choices
from allsquare.web.ui.typed import MoneyField


@pytest.mark.parametrize(
    ("typed", "minor"), [("12,5", 1250), ("1.234,50", 123450), ("1234,50", 123450), ("12.50", 1250)]
)
def test_a_german_types_a_comma(typed: str, minor: int) -> None:
    with translation.override("de"):
        assert MoneyField(currency=currency("EUR")).clean(typed) == Money(minor, currency("EUR"))
        assert FigureField().clean(typed) == Decimal(minor) / 100


@pytest.mark.parametrize(
    ("language", "typed"),
    [("en", "12,5"), ("en", "1,234.50"), ("de", "1.23,50"), ("de", "1,2,3"), ("de", "1.234")],
)
def test_what_could_be_meant_otherwise_is_refused(language: str, typed: str) -> None:
    with translation.override(language), pytest.raises(forms.ValidationError):
        MoneyField(currency=currency("EUR")).clean(typed)


def test_currencies_have_their_names_in_the_readers_language() -> None:
    with translation.override("de"):
        assert ("USD", "USD · US-Dollar") in currency_choices()
    with translation.override("en"):
        assert ("USD", "USD · US Dollar") in currency_choices()
