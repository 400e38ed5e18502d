"""Amounts, instants and days as the reader's language and the organization's zone write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_time, format_timedelta, get_timezone_name
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.formatting import format_date, format_money, locale_of
from allsquare.core.money import Money


@dataclass(frozen=True, slots=True)
class Shown:
    """One moment, written four ways: for machines, exactly, in full (with the zone) and from now."""

    machine: str
    exact: str
    full: str
    relative: str


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
    tongue = locale_of(language())
    name = get_timezone_name(local, locale=tongue, width="long")
    full = f"{format_datetime(local, 'full', locale=tongue)} ({name}, {zone})"
    return Shown(
        machine=value.astimezone(UTC).isoformat(timespec="seconds"),
        exact=format_datetime(local, _pattern(tongue), locale=tongue),
        full=full,
        # Babel's shorter forms raise KeyError in a hundred languages, German among them.
        relative=format_timedelta(value - clock.now(organization), add_direction=True, locale=tongue),
    )


def time_of_day(value: datetime, organization: clock.Clocked | None) -> str:
    """``value`` (aware) as a clock on the wall shows it, without the day."""
    return str(format_time(value.astimezone(_zone(organization)), "short", locale=locale_of(language())))


def calendar_day(value: date, organization: clock.Clocked | None) -> Shown:
    """``value`` as written, and how many days it is away where ``organization`` keeps its books."""
    tongue = locale_of(language())
    today = clock.now(organization).astimezone(_zone(organization)).date()
    days = value - today
    if days.days == 0:
        relative = _("today")
    else:
        relative = format_timedelta(days, granularity="day", threshold=1.5, add_direction=True, locale=tongue)
    return Shown(
        machine=value.isoformat(),
        exact=format_date(value, language()),
        full=format_date(value, language(), "full"),
        relative=relative,
    )


def _zone(organization: clock.Clocked | None) -> tzinfo:
    return timezone.get_current_timezone() if organization is None else ZoneInfo(organization.time_zone)


def _pattern(tongue: Locale) -> str:
    """Medium date, short time: seconds only make a list noisy, the hover text has them."""
    date_part = str(tongue.date_formats["medium"].pattern)
    time_part = str(tongue.time_formats["short"].pattern)
    return str(tongue.datetime_formats["medium"]).replace("{1}", date_part).replace("{0}", time_part)
