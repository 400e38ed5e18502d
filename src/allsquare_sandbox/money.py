"""Amounts are whole minor units everywhere; this file knows currencies and how to write an amount for
people."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from babel.core import Locale
from babel.numbers import parse_pattern
from iso4217 import Currency

_LOCALE = Locale.parse("en")


@cache
def exponent(code: str) -> int | None:
    """Decimals of the currency by ISO 4217; ``None`` when it is no currency that can be charged."""
    try:
        found = Currency(code).exponent
    except ValueError:
        return None
    return None if found is None else int(found)


def write(minor: int, code: str) -> str:
    """``1234, "EUR"`` → ``€12.34``, with the decimals of ISO 4217 (CLDR would show none for the dinar
    of Iraq)."""
    decimals = exponent(code) or 0
    pattern = parse_pattern(_LOCALE.currency_formats["standard"].pattern)
    pattern.frac_prec = (decimals, decimals)
    value = Decimal(minor).scaleb(-decimals)
    text = str(pattern.apply(value, _LOCALE, currency=code, currency_digits=False))
    return text.replace(code, f"{code}\u00a0")  # a currency without a sign of its own


def share(minor: int, basis_points: int) -> int:
    """``basis_points`` (hundredths of a percent) of an amount, rounded half up to a whole minor unit."""
    return (minor * basis_points + 5_000) // 10_000
