"""Amounts, dates and numbers as people read them, in their language.

The words, signs and separators are CLDR's, through babel; the number of decimals of a currency is ISO 4217's
(babel's own would hide the decimals of the Serbian dinar). Only rounded values come in here, since babel
rounds half to even on its own account: amounts are :class:`~allsquare.core.money.Money`, and quantities and
rates are shown with every decimal that they have (up to 28 digits, more than any column holds).

A language is a BCP 47 tag such as ``"de"``, ``"pt-BR"`` or ``"zh-Hant"``.
"""

from __future__ import annotations

import datetime as dt
import re
from copy import copy
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.numbers import NumberPattern, format_decimal
from babel.numbers import format_percent as babel_percent
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from allsquare.core.currencies import Currency
from allsquare.core.errors import InvalidInput
from allsquare.core.money import Money

Style = Literal["short", "medium", "long", "full"]

# CLDR's currencySpacing rule, which babel leaves out: a no-break space between letters and digits, so KWD
# (which has no sign of its own) reads "KWD 1.005" where the euro reads "€1.00".
_LETTER_BESIDE_DIGIT: Final = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


class UnknownLanguage(InvalidInput):
    """The tag is not a language whose number and date habits are known."""

    code = "unknown_language"


@lru_cache(maxsize=512)
def locale_of(language: str) -> Locale:
    """The habits of a language; raises :class:`UnknownLanguage`. Use it to check a language on its way in."""
    try:
        return Locale.parse(language, sep="-" if "-" in language else "_")
    except (UnknownLocaleError, ValueError, TypeError):
        raise UnknownLanguage(
            _("“%(language)s” is not a language tag. Use one such as en, de or pt-BR.")
            % {"language": language},
            language=language,
        ) from None


def spoken_language() -> str:
    """The language that whoever is being answered speaks, for the amounts and dates inside a sentence."""
    return get_language() or "en"


def format_money(money: Money, language: str) -> str:
    """``€1,234.50`` in English, ``1.234,50 €`` in German: with the currency's own number of decimals."""
    unit = money.currency
    digits = str(abs(money.minor)).zfill(unit.exponent + 1)
    between = _between_digits(language, unit, len(digits), money.minor < 0)
    return "".join(part + digit for part, digit in zip(between, digits, strict=False)) + between[-1]


@lru_cache(maxsize=4096)
def _between_digits(language: str, unit: Currency, digits: int, negative: bool) -> list[str]:
    """What stands before, between and after the digits of any amount with so many: babel is asked once for each
    length, since a page shows hundreds of amounts."""
    ones = Decimal(int("1" * digits)).scaleb(-unit.exponent)
    pattern = _money_pattern(language, unit.exponent)
    text: str = pattern.apply(
        -ones if negative else ones, locale_of(language), currency=unit.code, currency_digits=False
    )
    return _LETTER_BESIDE_DIGIT.sub("\xa0", text).split("1")


@lru_cache(maxsize=8192)
def format_date(day: dt.date, language: str, style: Style = "medium") -> str:
    """A calendar day: ``Jan 31, 2026`` in English, ``31.01.2026`` in German."""
    return babel_date(day, format=style, locale=locale_of(language))


def format_instant(moment: dt.datetime, language: str, zone: ZoneInfo, style: Style = "medium") -> str:
    """A moment (aware) on the clock of a time zone. A naive one is refused: nobody knows when that was."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be shown in another")
    return babel_datetime(moment, format=style, tzinfo=zone, locale=locale_of(language))


def format_percent(percent: Decimal, language: str) -> str:
    """A rate counted in percent, with all its decimals: ``Decimal("19")`` is ``19%``, in German ``19 %``."""
    return babel_percent(percent.scaleb(-2), locale=locale_of(language), decimal_quantization=False)


def format_quantity(quantity: Decimal, language: str) -> str:
    """A quantity or unit price with all its decimals but no empty ones: ``1,234.5``."""
    return format_decimal(quantity, locale=locale_of(language), decimal_quantization=False)


@lru_cache(maxsize=512)
def _money_pattern(language: str, exponent: int) -> NumberPattern:
    pattern: NumberPattern = copy(locale_of(language).currency_formats["standard"])
    pattern.frac_prec = (exponent, exponent)
    return pattern
