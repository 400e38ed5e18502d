from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.tax.errors import RateMissing
from allsquare.tax.selectors import list_rates, rate_for
from allsquare.tax.services.add_rate import add_rate
from tests.factories import make_organization

pytestmark = pytest.mark.django_db

BEFORE, AFTER = date(2020, 6, 30), date(2021, 1, 1)


@pytest.fixture
def organization() -> Organization:
    """Germany, which lowered its rates for half a year."""
    organization = make_organization()
    half_year = (BEFORE + timedelta(days=1), AFTER - timedelta(days=1))
    for percent, start, end in [
        ("19", date(2007, 1, 1), BEFORE),
        ("16", *half_year),
        ("19", AFTER, None),
        ("7", date(1983, 7, 1), None),
    ]:
        add_rate(
            organization=organization,
            name=f"VAT {percent} %",
            country="DE",
            category="S",
            percent=Decimal(percent),
            valid_from=start,
            valid_until=end,
            actor=SYSTEM,
        )
    return organization


@pytest.mark.parametrize(
    ("on", "percent"),
    [
        (BEFORE, 19),
        (BEFORE + timedelta(days=1), 16),
        (AFTER - timedelta(days=1), 16),
        (AFTER, 19),
        (date(2000, 1, 1), 7),
    ],
)
def test_the_highest_rate_of_the_day_is_the_standard_one(
    organization: Organization, on: date, percent: int
) -> None:
    assert rate_for(organization, country="DE", category="S", on=on) == percent


@pytest.mark.parametrize(
    ("country", "category", "on"),
    [("DE", "S", date(1980, 1, 1)), ("FR", "S", AFTER), ("DE", "Z", AFTER)],
)
def test_a_missing_rate_names_the_remedy(
    organization: Organization, country: str, category: str, on: date
) -> None:
    with pytest.raises(RateMissing, match="Add one in the settings"):
        rate_for(organization, country=country, category=category, on=on)


def test_rates_are_each_organizations_own(organization: Organization) -> None:
    other = make_organization()
    assert list_rates(other) == []
    with pytest.raises(RateMissing):
        rate_for(other, country="DE", category="S", on=AFTER)
    assert [int(rate.percent) for rate in list_rates(organization)] == [19, 19, 16, 7]
