"""What can be guessed of a business before anybody is asked. Every guess is shown and can be changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_territory_currencies

from allsquare.core.checks import countries
from allsquare.core.currencies import current_currencies

#: Where most people live, for countries with several zones; for those whose browser does not say its own.
_BUSIEST_ZONES: Final = {
    "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo",
    "CA": "America/Toronto", "CL": "America/Santiago", "CN": "Asia/Shanghai", "DE": "Europe/Berlin",
    "ES": "Europe/Madrid", "ID": "Asia/Jakarta", "KZ": "Asia/Almaty", "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland", "PT": "Europe/Lisbon", "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv", "US": "America/New_York",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guess:
    country: str
    base_currency: str
    time_zone: str
    language: str


def guess(accepted: Iterable[str], spoken: Iterable[str]) -> Guess:
    """From the browser's languages, the best first (``de-AT``), and the languages that we speak (``de``).

    A language without a country means the country where most of its speakers are, as CLDR says.
    """
    tags = [tag for tag in accepted if tag != "*"]
    country = next((found for tag in tags if (found := _country(tag))), "US")
    known = set(spoken)
    language = next((short for tag in tags if (short := tag.split("-")[0].lower()) in known), "en")
    return Guess(country, currency_of(country), zone_of(country), language)


def currency_of(country: str) -> str:
    """What is paid with there today; the euro where CLDR knows of none in use."""
    known = {currency.code for currency in current_currencies()}
    return next((code for code in get_territory_currencies(country) if code in known), "EUR")


def zone_of(country: str) -> str:
    """The zone of most people there."""
    if country in _BUSIEST_ZONES:
        return _BUSIEST_ZONES[country]
    return min((zone for zone, territory in zones().items() if territory == country), default="UTC")


@cache
def zones() -> dict[str, str]:
    """Every time zone named after a place, and its country; ``UTC`` has none."""
    territories = get_global("zone_territories")
    named = {
        zone: str(territories.get(zone, "")) for zone in sorted(available_timezones()) if _is_place(zone)
    }
    return {**{zone: country for zone, country in named.items() if country in countries()}, "UTC": ""}


def _is_place(zone: str) -> bool:
    return "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))


def _country(tag: str) -> str:
    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return ""
    if not locale.territory:
        likely = get_global("likely_subtags").get(locale.language, "")
        locale = Locale.parse(likely) if likely else locale
    return locale.territory if locale.territory in countries() else ""
