"""Amounts, instants and days as the reader's language and the organization's zone write them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_time, format_timedelta, get_timezone_name
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.formatting import Style, format_date, format_money, locale_of
from allsquare.core.money import Money


@dataclass(frozen=True, slots=True)
class Shown:
    """One moment, written four ways: for machines, exactly, in full (with the zone) and from now."""

    machine: str
    exact: str
    full: str
    away: Callable[[], str]

    @property
    def relative(self) -> str:
        """Few places show it."""
        return self.away()


def language() -> str:
    """The language that this page is written in."""
    return get_language() or "en"


def amount(value: Money) -> str:
    """``value`` with its currency in the reader's language."""
    return format_money(value, language())


def instant(value: datetime, organization: clock.Clocked | None) -> Shown:
    """``value`` (aware) on the wall clock of ``organization``, or of the active zone when there is none."""
    zone = _zone(organization)
    local = value.astimezone(zone)
    spoken = language()
    time_in_full = _time_with_seconds(local.hour, local.minute, local.second, spoken)
    zone_name = _zone_name(local, zone, spoken)

    def away() -> str:
        # Babel's shorter forms raise KeyError in a hundred languages, German among them.
        ago = value - clock.now(organization)
        return format_timedelta(ago, add_direction=True, locale=locale_of(spoken))

    return Shown(
        machine=value.astimezone(UTC).isoformat(timespec="seconds"),
        # Medium date, short time: seconds only make a list noisy, the hover text has them.
        exact=_together(spoken, "medium", local.date(), _short_time(local.hour, local.minute, spoken)),
        full=f"{_together(spoken, 'full', local.date(), time_in_full)} ({zone_name}, {zone})",
        away=away,
    )


def time_of_day(value: datetime, organization: clock.Clocked | None) -> str:
    """``value`` (aware) as a clock on the wall shows it, without the day."""
    return str(format_time(value.astimezone(_zone(organization)), "short", locale=locale_of(language())))


def calendar_day(value: date, organization: clock.Clocked | None) -> Shown:
    """``value`` as written, and how many days it is away where ``organization`` keeps its books."""
    spoken = language()

    def away() -> str:
        today = clock.now(organization).astimezone(_zone(organization)).date()
        days = value - today
        if days.days == 0:
            return _("today")
        return format_timedelta(
            days, granularity="day", threshold=1.5, add_direction=True, locale=locale_of(spoken)
        )

    return Shown(
        machine=value.isoformat(),
        exact=format_date(value, spoken),
        full=format_date(value, spoken, "full"),
        away=away,
    )


def _zone(organization: clock.Clocked | None) -> tzinfo:
    return timezone.get_current_timezone() if organization is None else ZoneInfo(organization.time_zone)


def _together(spoken: str, style: Style, day: date, time_text: str) -> str:
    """A date and a time as one, the way babel joins them."""
    joined = str(locale_of(spoken).datetime_formats[style]).replace("'", "")
    return joined.replace("{0}", time_text).replace("{1}", format_date(day, spoken, style))


@lru_cache(maxsize=4096)
def _short_time(hour: int, minute: int, spoken: str) -> str:
    return str(format_time(time(hour, minute), "short", locale=locale_of(spoken)))


@lru_cache(maxsize=16384)
def _time_with_seconds(hour: int, minute: int, second: int, spoken: str) -> str:
    return str(format_time(time(hour, minute, second), "medium", locale=locale_of(spoken)))


#: (Zone, offset from UTC, its part for summer time, language) → name: a zone has had a handful of offsets.
_ZONE_NAMES: Final[dict[tuple[tzinfo, timedelta | None, timedelta | None, str], str]] = {}


def _zone_name(local: datetime, zone: tzinfo, spoken: str) -> str:
    """Babel takes longer for it than for all the rest of a moment, so each is asked for once."""
    key = (zone, local.utcoffset(), local.dst(), spoken)
    name = _ZONE_NAMES.get(key)
    if name is None:
        name = get_timezone_name(local, width="long", locale=locale_of(spoken))
        _ZONE_NAMES[key] = name
    return name
