from __future__ import annotations

from decimal import Decimal

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.core.checks import countries
from allsquare.core.errors import PermissionDenied
from allsquare.identity.roles import Role
from allsquare.tax.seeds import _PERCENT, _SINCE, missing_rates, standard_rate, usual_rates
from allsquare.tax.selectors import list_rates
from allsquare.tax.services.add_usual_rates import add_usual_rates
from tests.factories import make_organization, member_actor


def test_the_table_names_countries_and_rates_that_can_be() -> None:
    assert set(_PERCENT) <= countries()
    assert set(_SINCE) <= set(_PERCENT)
    for country in _PERCENT:
        rates = [rate.percent for rate in usual_rates(country)]
        assert rates[-1] == 0
        assert rates == sorted(rates, reverse=True)
        assert len(set(rates)) == len(rates)
        assert Decimal(standard_rate(country)) == rates[0]
        assert Decimal(8) < rates[0] <= Decimal(27)


def test_a_country_that_is_not_known_has_none() -> None:
    assert usual_rates("US") == ()
    assert standard_rate("US") == ""


@pytest.mark.django_db
@pytest.mark.parametrize("country", ["DE", "CH", "FR", "US"])
def test_all_of_them_are_accepted_once(country: str) -> None:
    organization = make_organization(country=country)
    added = add_usual_rates(organization=organization, actor=SYSTEM)
    assert len(added) == len(usual_rates(country))
    assert add_usual_rates(organization=organization, actor=SYSTEM) == []
    assert missing_rates(organization) == ()
    assert {rate.percent for rate in list_rates(organization)} == {
        rate.percent for rate in usual_rates(country)
    }


@pytest.mark.django_db
def test_the_standard_rate_is_the_one_that_invoices_take() -> None:
    assert usual_rates("DE")[0].percent == Decimal(19)


@pytest.mark.django_db
def test_others_may_not() -> None:
    organization = make_organization()
    with pytest.raises(PermissionDenied):
        add_usual_rates(organization=organization, actor=member_actor(organization, Role.ACCOUNTANT))
