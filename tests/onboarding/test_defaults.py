"""Guesses about a business whose browser is all that we know."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from allsquare.core.checks import countries
from allsquare.core.currencies import currency
from allsquare.onboarding.defaults import (
    currency_of,
    guess,
    zone_of,
    zones,
)


@pytest.mark.parametrize(
    ("accepted", "country", "money", "zone", "language"),
    [
        (["de-AT", "de", "en"], "AT", "EUR", "Europe/Vienna", "de"),
        (["de"], "DE", "EUR", "Europe/Berlin", "de"),
        (["en-GB", "en"], "GB", "GBP", "Europe/London", "en"),
        (["fr-CH", "de-CH"], "CH", "CHF", "Europe/Zurich", "de"),
        (["ja"], "JP", "JPY", "Asia/Tokyo", "en"),
        (["*"], "US", "USD", "America/New_York", "en"),
        (["not a language", "pt-BR"], "BR", "BRL", "America/Sao_Paulo", "en"),
        ([], "US", "USD", "America/New_York", "en"),
    ],
)
def test_the_browsers_languages_say_where_somebody_is(
    accepted: list[str], country: str, money: str, zone: str, language: str
) -> None:
    found = guess(accepted, ["en", "de"])
    assert (found.country, found.base_currency, found.time_zone, found.language) == (
        country,
        money,
        zone,
        language,
    )


def test_every_country_has_a_currency_in_use_and_a_zone() -> None:
    for country in countries():
        assert currency(currency_of(country)).code
        assert ZoneInfo(zone_of(country)).key in zones()
