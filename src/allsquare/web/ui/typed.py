"""Amounts as people type them, in the language that they read."""

from __future__ import annotations

import re
from typing import Any, Final

from babel.numbers import get_decimal_symbol
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from allsquare.core.currencies import Currency
from allsquare.core.formatting import locale_of
from allsquare.core.money import InvalidAmount, Money
from allsquare.web.ui.formats import language

#: Its size is all that can be wrong with it.
_WHOLE: Final = re.compile(r"[+-]?\d+", re.ASCII)
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


def _refusal(error: InvalidAmount, typed: str, unit: Currency) -> str:
    """What is wrong with it, as its reader writes amounts: who reads “12.345” for twelve thousand is not told of its
    decimals, nor to write a point."""
    if get_decimal_symbol(locale_of(language())) != "," or _WHOLE.fullmatch(typed):
        return error.message
    if _WITH_COMMA.fullmatch(typed):
        return error.message.replace(with_point(typed), typed)
    example = written(Money(1234 * unit.minor_per_major, unit))
    return _(
        "“%(text)s” is not an amount. Write digits with a comma before the decimals, for example %(example)s."
    ) % {
        "text": typed[:40],
        "example": example,
    }


class MoneyField(forms.Field):
    """An amount in ``currency``, which must be set before the form is bound to data."""

    widget = forms.TextInput

    def __init__(self, *, currency: Currency, **kwargs: Any) -> None:
        self.currency = currency
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Money | None:
        typed = str(value or "").strip()
        text = with_point(typed)
        if not text:
            return None
        try:
            return Money.parse(text, self.currency)
        except InvalidAmount as error:
            raise ValidationError(_refusal(error, typed, self.currency), code=error.code) from error

    def prepare_value(self, value: Any) -> Any:
        return value.plain if isinstance(value, Money) else value
