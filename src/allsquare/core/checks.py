"""Checking all fields of a row together, so that a form says at once everything that is wrong.

A check takes the text that somebody gave and returns it in its tidy spelling, or raises ``InvalidInput`` with
one sentence. Lengths, decimals, choices and e-mail addresses are checked by the model's own validators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from babel import Locale
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from allsquare.core.currencies import current_currencies
from allsquare.core.errors import FieldErrors, InvalidInput
from allsquare.core.formatting import locale_of

Check = Callable[[str], str]

# Two-letter codes that CLDR reserves for itself or for parts and unions of countries. Kosovo's XK stays: no
# standard fixes it, but banks and tax offices use it.
_NO_COUNTRIES: Final = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
)


#: Characters that are kept of what somebody else says.
MOST_WORDS: Final = 1000
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def tidy(row: models.Model, checks: Mapping[str, Check]) -> None:
    """As :func:`problems`, for a row that stands alone. Raises :class:`FieldErrors` naming every wrong field."""
    errors = problems(row, checks)
    if errors:
        raise FieldErrors(errors)


def problems(row: models.Model, checks: Mapping[str, Check]) -> dict[str, str]:
    """Strip and check every field of ``row`` in place; ``checks`` by field name come before the model's own.

    Keys to other rows are left alone: the caller fetched those. Returns what is wrong, a sentence for each field,
    so that a document can say it of its head and its lines together.
    """
    errors: dict[str, str] = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if not isinstance(value, str) or not isinstance(field, models.CharField | models.TextField):
            continue
        try:
            text = storable(value.strip())
            setattr(row, field.attname, checks[field.name](text) if field.name in checks else text)
        except InvalidInput as error:
            errors[field.name] = error.message
    keys = {field.name for field in row._meta.concrete_fields if field.is_relation}
    try:
        row.clean_fields(exclude={*keys, *errors})
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            errors[name] = " ".join(messages)
    return errors


def needed(sentence: Promise) -> Check:
    """A text that must not be empty; ``sentence`` says so, such as "The customer needs a name."."""

    def check(text: str) -> str:
        if not text:
            raise InvalidInput(str(sentence))
        return text

    return check


def country(code: str) -> str:
    """A country of ISO 3166-1 alpha-2, in capitals."""
    tidied = code.upper()
    if tidied not in countries():
        raise InvalidInput(
            _("“%(code)s” is not a country. Use the two letters of ISO 3166, such as DE or US.")
            % {"code": code}
        )
    return tidied


@cache
def countries() -> frozenset[str]:
    """Every country code, as CLDR lists them."""
    known = {str(code) for code in Locale("en").territories}
    return frozenset(code for code in known if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


def money_code(code: str) -> str:
    """A currency in which a new document can be written, in capitals."""
    tidied = code.upper()
    if not any(tidied == known.code for known in current_currencies()):
        raise InvalidInput(
            _("“%(code)s” is not a currency in use. Use a code of ISO 4217, such as EUR or USD.")
            % {"code": code}
        )
    return tidied


def language(tag: str) -> str:
    """A language whose number and date habits are known."""
    locale_of(tag)
    return tag


def time_zone(name: str) -> str:
    """A zone of the IANA database."""
    if name not in available_timezones():
        raise InvalidInput(
            _("“%(name)s” is not a time zone. Use a name such as Europe/Berlin.") % {"name": name}
        )
    return name


def unit_code(code: str) -> str:
    """A unit of measure, of the form of UN/ECE Recommendation 20: two or three capitals and digits."""
    tidied = code.upper()
    if not re.fullmatch(r"[A-Z0-9]{2,3}", tidied):
        raise InvalidInput(
            _(
                "“%(code)s” is not a unit code. Use one of UN/ECE Recommendation 20, such as C62 (piece) "
                "or HUR (hour)."
            )
            % {"code": code}
        )
    return tidied


def cleaned(text: str, most: int = MOST_WORDS) -> str:
    """Somebody else's words (a provider's, a server's) as they can be kept and shown: without control characters, with
    "?" for half a surrogate pair, and at most ``most`` characters. Line ends stay, see ``core.words.kept``. Nothing is
    refused: nobody who reads it could have it said otherwise."""
    return _CONTROL.sub("", text).encode(errors="replace").decode()[:most]


def storable(text: str) -> str:
    """``text``, unless it has what PostgreSQL does not keep: NUL, or half a surrogate pair."""
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise InvalidInput(_("The text holds a character that cannot be stored. Type it again."))
    return text
