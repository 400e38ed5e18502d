"""Filters: what stands in the address, the condition that it means, and the words on its chip.

A filter reads its own parameters, refuses nonsense by name, and combines with every other one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, partial
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.currencies import UnknownCurrency, currency
from allsquare.core.errors import AllsquareError, InvalidInput
from allsquare.core.formatting import format_date, format_money
from allsquare.core.listing.days import days_of, said
from allsquare.core.money import InvalidAmount, Money

#: What an address holds: each parameter with all its values.
Given = Mapping[str, Sequence[str]]

_LONGEST: Final = 200
_YEARS: Final = range(1900, 2201)


def one(given: Given, name: str) -> str:
    """The last value, as Django takes it, without blanks around it; empty when there is none."""
    values = given.get(name) or [""]
    return values[-1].strip()[:_LONGEST]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(ABC):
    """``name`` is the parameter, or what the names of several begin with."""

    name: str
    label: Promise

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names in the address."""
        return (self.name,)

    @abstractmethod
    def read(self, organization: Any, given: Given) -> object | None:
        """What is asked for; ``None`` for nothing. Raises ``InvalidInput``."""

    @abstractmethod
    def condition(self, organization: Any, value: Any) -> Q:
        """The rows that are meant."""

    def otherwise(self, organization: Any) -> Q:
        """The rows that are meant when nothing is asked for: all of them."""
        return Q()

    @abstractmethod
    def told(self, organization: Any, value: Any) -> str:
        """Words for the chip, after the label."""

    def lasting(self, given: Given, value: Any) -> dict[str, list[str]]:
        """The parameters that mean tomorrow what ``given``, read as ``value``, means today."""
        return {name: list(given[name]) for name in self.parameters if name in given}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values of a :class:`ChoiceFilter`; ``condition`` where it is not simply the field's value."""

    value: str
    label: Promise | str
    condition: Callable[[Any], Q] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceFilter(Filter):
    """Any of several values. ``usual`` is the condition when nothing was chosen."""

    field: str
    choices: tuple[Choice, ...]
    usual: Q | None = None
    single: bool = False

    def read(self, organization: Any, given: Given) -> tuple[str, ...] | None:
        said = (value.strip() for value in given.get(self.name, ()))
        values = tuple(dict.fromkeys(value for value in said if value))
        known = {choice.value for choice in self.choices}
        for value in values:
            if value not in known:
                raise InvalidInput(
                    _("“%(value)s” is none of the choices for %(name)s.")
                    % {"value": value[:40], "name": str(self.label)},
                    field=self.name,
                )
        return (values[-1:] if self.single else values) or None

    def condition(self, organization: Any, value: tuple[str, ...]) -> Q:
        chosen = [choice for choice in self.choices if choice.value in value]
        plain = [choice.value for choice in chosen if choice.condition is None]
        found = Q(**{f"{self.field}__in": plain}) if len(plain) > 1 else Q()
        if len(plain) == 1:
            found = Q(**{self.field: plain[0]})
        for choice in chosen:
            if choice.condition is not None:
                found |= choice.condition(organization)
        return found

    def otherwise(self, organization: Any) -> Q:
        return self.usual or Q()

    def told(self, organization: Any, value: tuple[str, ...]) -> str:
        return ", ".join(str(choice.label) for choice in self.choices if choice.value in value)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFilter(Filter):
    """Exactly this word of ours: a kind of event, a provider. Any word may be asked for; an unknown one finds
    nothing. ``words`` says it as people do."""

    field: str
    words: Callable[[str], str] = str

    def read(self, organization: Any, given: Given) -> str | None:
        return one(given, self.name) or None

    def condition(self, organization: Any, value: str) -> Q:
        return Q(**{self.field: value})

    def told(self, organization: Any, value: str) -> str:
        return self.words(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFilter(Filter):
    """Words somewhere in a text, by an index (see ``core.listing.search``)."""

    search: Callable[[Any, str], Q]

    def read(self, organization: Any, given: Given) -> str | None:
        return one(given, self.name) or None

    def condition(self, organization: Any, value: str) -> Q:
        return self.search(organization, value)

    def told(self, organization: Any, value: str) -> str:
        return f"“{value}”"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyFilter(Filter):
    """Amounts in one currency."""

    field: str = "currency"

    def read(self, organization: Any, given: Given) -> str | None:
        code = one(given, self.name).upper()
        if not code:
            return None
        try:
            return currency(code).code
        except UnknownCurrency as error:
            raise InvalidInput(error.message, field=self.name) from None

    def condition(self, organization: Any, value: str) -> Q:
        return Q(**{self.field: value})

    def told(self, organization: Any, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class Span:
    """From, to, or both, each included; ``word`` where they were asked for as *this month* or the like."""

    low: Any = None
    high: Any = None
    word: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFilter(Filter):
    """Calendar dates, ``NAME_from`` and ``NAME_to`` included; or ``NAME`` for days that move with the calendar
    (see ``core.listing.days``), over which dates win. ``is_ahead`` says that the days may be to come."""

    field: str
    is_ahead: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        return (f"{self.name}_from", f"{self.name}_to", self.name)

    def read(self, organization: Any, given: Given) -> Span | None:
        first, last = (_day(given, name) for name in self.parameters[:2])
        word = one(given, self.name)
        if word and not (first or last):
            return Span(*days_of(word, clock.today(organization), field=self.name), word)
        if first and last and first > last:
            raise InvalidInput(
                _("%(name)s: the first day comes after the last one.") % {"name": str(self.label)},
                field=self.parameters[0],
            )
        return Span(first, last) if first or last else None

    def condition(self, organization: Any, value: Span) -> Q:
        return _within(self.field, value.low, value.high)

    def lasting(self, given: Given, value: Span) -> dict[str, list[str]]:
        """Dates, where days were asked for that move with the calendar."""
        days = zip(self.parameters, (value.low, value.high), strict=False)
        return {name: [day.isoformat()] for name, day in days if day}

    def told(self, organization: Any, value: Span) -> str:
        if value.word:
            return said(value.word)
        return _span_words(value, lambda day: format_date(day, get_language() or "en"))


@dataclass(frozen=True, slots=True, kw_only=True)
class InstantFilter(DayFilter):
    """As :class:`DayFilter` of instants: the days are those of the organization's zone."""

    def condition(self, organization: Any, value: Span) -> Q:
        zone = ZoneInfo(organization.time_zone)
        found = Q()
        if value.low:
            found &= Q(**{f"{self.field}__gte": datetime.combine(value.low, time.min, zone)})
        if value.high:
            end = datetime.combine(value.high + timedelta(days=1), time.min, zone)
            found &= Q(**{f"{self.field}__lt": end})
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountFilter(Filter):
    """``NAME_min`` and ``NAME_max`` in the currency of the parameter ``currency``, else in the organization's own.

    One currency at a time: 1,000 of one is not 1,000 of another.
    """

    field: str
    currency_field: str = "currency"

    @property
    def parameters(self) -> tuple[str, ...]:
        return (f"{self.name}_min", f"{self.name}_max")

    def read(self, organization: Any, given: Given) -> Span | None:
        code = one(given, "currency").upper() or organization.base_currency
        least, most = (_amount(given, name, code) for name in self.parameters)
        if least and most and least > most:
            raise InvalidInput(
                _("%(name)s: the least amount is more than the most.") % {"name": str(self.label)},
                field=self.parameters[0],
            )
        return Span(least, most) if least is not None or most is not None else None

    def condition(self, organization: Any, value: Span) -> Q:
        given = value.low if value.low is not None else value.high
        low, high = (money.minor if money is not None else None for money in (value.low, value.high))
        return Q(**{self.currency_field: given.currency.code}) & _within(self.field, low, high)

    def told(self, organization: Any, value: Span) -> str:
        return _span_words(value, lambda money: format_money(money, get_language() or "en"))


class OtherRow:
    """One row of another list. Its name is asked for once, though a chip and a form may both say it."""

    def __init__(self, id: UUID, ask: Callable[[UUID], str | None]) -> None:
        self.id = id
        self._ask = ask

    @cached_property
    def name(self) -> str:
        try:
            return self._ask(self.id) or _("unknown")
        except AllsquareError:
            return _("unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilter(Filter):
    """One row of another list, by its id: a customer, an account. ``find`` gives its name, or ``None``; ``picker``
    names what one chooses from, where a form offers a choice, and ``hint`` what one should know then."""

    field: str
    find: Callable[[Any, UUID], str | None]
    picker: str = ""
    hint: Promise | str = ""

    def read(self, organization: Any, given: Given) -> OtherRow | None:
        text = one(given, self.name)
        if not text:
            return None
        try:
            return OtherRow(UUID(text), partial(self.find, organization))
        except ValueError:
            raise InvalidInput(
                _("%(name)s: nothing is known by this id.") % {"name": str(self.label)}, field=self.name
            ) from None

    def condition(self, organization: Any, value: OtherRow) -> Q:
        return Q(**{self.field: value.id})

    def told(self, organization: Any, value: OtherRow) -> str:
        return value.name


def _day(given: Given, name: str) -> date | None:
    text = one(given, name)
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("This is not a date. Write it like 2026-03-31."), field=name) from None
    if found.year not in _YEARS:
        raise InvalidInput(_("No books reach to the year %(year)s.") % {"year": found.year}, field=name)
    return found


def _amount(given: Given, name: str, code: str) -> Money | None:
    text = one(given, name).replace(",", ".")
    if not text:
        return None
    try:
        return Money.parse(text, code)
    except (InvalidAmount, UnknownCurrency) as error:
        raise InvalidInput(error.message, field=name) from None


def _within(field: str, low: object, high: object) -> Q:
    found = Q()
    if low is not None:
        found &= Q(**{f"{field}__gte": low})
    if high is not None:
        found &= Q(**{f"{field}__lte": high})
    return found


def _span_words(value: Span, say: Callable[[Any], str]) -> str:
    if value.high is None:
        return _("from %(low)s") % {"low": say(value.low)}
    if value.low is None:
        return _("up to %(high)s") % {"high": say(value.high)}
    if value.low == value.high:
        return say(value.low)
    return f"{say(value.low)} – {say(value.high)}"
