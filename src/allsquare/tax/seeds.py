"""Rates of value added tax to begin with, by country.

Sources, as of January 2026: for member states of the EU the Commission's *Taxes in Europe Database* (TEDB,
directive 2006/112/EC, articles 96 to 99); HM Revenue & Customs for GB; the Federal Tax Administration for CH and LI;
the tax offices of IS and NO. They are a start for the list, not advice: the page says that somebody who knows should
look. ``valid_from`` is the day since which the standard rate has been what it is, or an early day where every
document of today comes after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from allsquare.identity.models import Organization
from allsquare.tax.categories import TaxCategory
from allsquare.tax.selectors import list_rates

_EARLY: Final = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class UsualRate:
    name: str
    category: str
    percent: Decimal
    valid_from: date


#: The standard rate and the reduced ones, in percent.
_PERCENT: Final[dict[str, str]] = {
    "AT": "20 13 10",
    "BE": "21 12 6",
    "BG": "20 9",
    "CH": "8.1 3.8 2.6",
    "CY": "19 9 5",
    "CZ": "21 12",
    "DE": "19 7",
    "DK": "25",
    "EE": "24",
    "ES": "21 10 4",
    "FI": "25.5",
    "FR": "20 10 5.5 2.1",
    "GB": "20 5",
    "GR": "24 13 6",
    "HR": "25 13 5",
    "HU": "27 18 5",
    "IE": "23 13.5 9",
    "IS": "24 11",
    "IT": "22 10 5 4",
    "LI": "8.1 3.8 2.6",
    "LT": "21",
    "LU": "17 14 8 3",
    "LV": "21 12 5",
    "MT": "18 7 5",
    "NL": "21 9",
    "NO": "25 15 12",
    "PL": "23 8 5",
    "PT": "23 13 6",
    "RO": "21 11",
    "SE": "25 12 6",
    "SI": "22 9.5 5",
    "SK": "23 19 5",
}
#: Countries whose rates changed since; the others' are older than any document that is written now.
_SINCE: Final[dict[str, date]] = {
    "CH": date(2024, 1, 1),
    "CZ": date(2024, 1, 1),
    "DE": date(2021, 1, 1),
    "EE": date(2025, 7, 1),
    "FI": date(2024, 9, 1),
    "LI": date(2024, 1, 1),
    "LU": date(2024, 1, 1),
    "RO": date(2025, 8, 1),
    "SK": date(2025, 1, 1),
}


def usual_rates(country: str) -> tuple[UsualRate, ...]:
    """Standard, reduced and zero rates; empty for a country that is not in the table."""
    if country not in _PERCENT:
        return ()
    since = _SINCE.get(country, _EARLY)
    charged = tuple(
        UsualRate(f"VAT {percent} %", TaxCategory.STANDARD, Decimal(percent), since)
        for percent in _PERCENT[country].split()
    )
    return (*charged, UsualRate("VAT 0 %", TaxCategory.ZERO, Decimal(0), _EARLY))


def standard_rate(country: str) -> str:
    """Percent, as it is typed; nothing for a country that is not in the table."""
    return _PERCENT.get(country, "").partition(" ")[0]


def missing_rates(organization: Organization) -> tuple[UsualRate, ...]:
    """Usual rates of the organization's country without a row of theirs, past or present."""
    there = {
        (rate.category, rate.percent.normalize())
        for rate in list_rates(organization)
        if rate.country == organization.country
    }
    return tuple(
        rate
        for rate in usual_rates(organization.country)
        if (rate.category, rate.percent.normalize()) not in there
    )
