"""Spans of days that move with the calendar: *this month* is the month of the day on which it is asked for.

They stand in the address as words, so a bookmark and a saved view mean the same tomorrow. Weeks begin on Monday
(ISO 8601).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from allsquare.core.errors import InvalidInput

#: First and last day; ``None`` is open.
Days = tuple[date | None, date | None]

_COUNTED: Final = re.compile(r"(last|next|over)_([1-9][0-9]{0,3})", re.ASCII)


def _months(today: date, back: int, length: int = 1) -> Days:
    """``length`` calendar months, the first of them ``back`` before that of ``today``."""
    place = today.year * 12 + today.month - 1 - back
    first_year, first_month = divmod(place, 12)
    year, month = divmod(place + length - 1, 12)
    last = date(year, month + 1, monthrange(year, month + 1)[1])
    return date(first_year, first_month + 1, 1), last


def _week(today: date, back: int) -> Days:
    monday = today - timedelta(days=today.weekday() + 7 * back)
    return monday, monday + timedelta(days=6)


def _quarter(today: date, back: int) -> Days:
    return _months(today, (today.month - 1) % 3 + 3 * back, 3)


def _year(today: date, back: int) -> Days:
    return date(today.year - back, 1, 1), date(today.year - back, 12, 31)


def _day(today: date, back: int) -> Days:
    day = today - timedelta(days=back)
    return day, day


_NAMED: Final[Mapping[str, tuple[Promise, Callable[[date], Days]]]] = {
    "today": (_("today"), lambda today: _day(today, 0)),
    "yesterday": (_("yesterday"), lambda today: _day(today, 1)),
    "this_week": (_("this week"), lambda today: _week(today, 0)),
    "last_week": (_("last week"), lambda today: _week(today, 1)),
    "this_month": (_("this month"), lambda today: _months(today, 0)),
    "last_month": (_("last month"), lambda today: _months(today, 1)),
    "this_quarter": (_("this quarter"), lambda today: _quarter(today, 0)),
    "last_quarter": (_("last quarter"), lambda today: _quarter(today, 1)),
    "this_year": (_("this year"), lambda today: _year(today, 0)),
    "last_year": (_("last year"), lambda today: _year(today, 1)),
    "past": (_("before today"), lambda today: (None, today - timedelta(days=1))),
}

#: What a form offers; the address takes any number of days.
OFFERED: Final = (
    *("today", "yesterday", "this_week", "last_week", "this_month", "last_month"),
    *("this_quarter", "last_quarter", "this_year", "last_year"),
    *("last_7", "last_30", "last_90", "over_30", "over_60", "over_90"),
)
#: And beside it, of days that may be to come.
OFFERED_AHEAD: Final = ("past", "next_7", "next_30")


def days_of(word: str, today: date, *, field: str) -> Days:
    """The days that ``word`` means on ``today``. Raises ``InvalidInput``."""
    if word in _NAMED:
        return _NAMED[word][1](today)
    found = _COUNTED.fullmatch(word)
    if found is None:
        raise InvalidInput(
            str(_("“%(word)s” names no days. Choose this_month, last_30 or the like.")) % {"word": word[:40]},
            field=field,
        )
    kind, number = found[1], int(found[2])
    if kind == "last":
        return today - timedelta(days=number - 1), today
    if kind == "next":
        return today, today + timedelta(days=number - 1)
    return None, today - timedelta(days=number + 1)


def said(word: str) -> str:
    """In words, of one that :func:`days_of` takes."""
    if word in _NAMED:
        return str(_NAMED[word][0])
    kind, text = word.split("_")
    number = int(text)
    if kind == "last":
        pattern = ngettext("the last %(number)s day", "the last %(number)s days", number)
    elif kind == "next":
        pattern = ngettext("the next %(number)s day", "the next %(number)s days", number)
    else:
        pattern = ngettext("more than %(number)s day ago", "more than %(number)s days ago", number)
    return pattern % {"number": number}
