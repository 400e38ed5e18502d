from __future__ import annotations

import pytest

from allsquare.core import checks
from allsquare.core.errors import FieldErrors, InvalidInput
from allsquare.customers.models import Customer


def test_countries_are_those_of_the_standard() -> None:
    assert len(checks.countries()) == 250  # the 249 of ISO 3166-1, and Kosovo
    assert {"DE", "US", "XK"} <= checks.countries()
    assert checks.country("de") == "DE"


@pytest.mark.parametrize("code", ["", "EU", "ZZ", "DEU", "419", "Ü!", "../x"])
def test_what_is_no_country_is_refused(code: str) -> None:
    with pytest.raises(InvalidInput, match="not a country"):
        checks.country(code)


def test_new_documents_are_written_in_currencies_in_use() -> None:
    assert checks.money_code("eur") == "EUR"
    for code in ("HRK", "XAU", "EURO", ""):
        with pytest.raises(InvalidInput, match="not a currency in use"):
            checks.money_code(code)


def test_time_zones_are_names_and_never_paths() -> None:
    assert checks.time_zone("Asia/Kathmandu") == "Asia/Kathmandu"
    for name in ("", "Mars/Base", "../../etc/passwd", "Europe"):
        with pytest.raises(InvalidInput, match="not a time zone"):
            checks.time_zone(name)


def test_every_field_is_tidied_and_all_that_are_wrong_are_named() -> None:
    row = Customer(name="  Ada  ", email="nobody", phone="1" * 41, city="a\x00b", region="\ud800", kind="cat")
    with pytest.raises(FieldErrors) as caught:
        checks.tidy(
            row, {"country": checks.country, "language": checks.language, "currency": checks.money_code}
        )
    assert row.name == "Ada"
    assert caught.value.errors.keys() == {
        *("email", "phone", "city", "region", "kind"),
        *("country", "language", "currency", "created_at"),
    }
    assert all(sentence.endswith(".") for sentence in caught.value.errors.values())
    assert caught.value.errors["phone"] == "Ensure this value has at most 40 characters (it has 41)."
