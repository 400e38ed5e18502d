"""Amounts as people type them, in the language that they read."""

from __future__ import annotations

import re
from typing import Any, Final

from babel.numbers import get_decimal_symbol
from django import forms
from django.core.exceptions import ValidationError

from allsquare.core.currencies import Currency
from allsquare.core.formatting import locale_of
from allsquare.core.money import InvalidAmount, Money
from allsquare.web.ui.formats import language

_WITH_COMMA: Final = re.compile(r"\s*([+-]?)(\d+|\d{1,3}(?:\.\d{3})+),(\d+)\s*", re.ASCII)


def with_point(typed: str) -> str:
    """``1.234,50`` and ``12,5`` with a decimal point, for a reader who writes decimals with a comma."""
    found = _WITH_COMMA.fullmatch(typed)
    if found is None or get_decimal_symbol(locale_of(language())) != ",":
        return typed
    return f"{found[1]}{found[2].replace('.', '')}.{found[3]}"


def written(value: Money) -> str:
    """As its reader would type it, to be changed: the way back of ``with_point``."""
    comma = get_decimal_symbol(locale_of(language())) == ","
    return value.plain.replace(".", ",") if comma else value.plain


class MoneyField(forms.Field):
    """An amount in ``currency``, which must be set before the form is bound to data."""

    widget = forms.TextInput

    def __init__(self, *, currency: Currency, **kwargs: Any) -> None:
        self.currency = currency
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Money | None:
        text = with_point(str(value or "").strip())
        if not text:
            return None
        try:
            return Money.parse(text, self.currency)
        except InvalidAmount as error:
            raise ValidationError(error.message, code=error.code) from error

    def prepare_value(self, value: Any) -> Any:
        return value.plain if isinstance(value, Money) else value
