"""Fixtures of the payment tests."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount
from tests import factories
from tests.payments.autopay_shop import Shop
from tests.payments.makers import ScriptedGateway, empty_script, scripted_account, second_account


@pytest.fixture(autouse=True)
def scripted(settings: Settings) -> type[ScriptedGateway]:
    """The scripted provider is registered, with an empty script."""
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    empty_script()
    return ScriptedGateway


@pytest.fixture
def organization(db: None) -> Organization:
    return factories.make_organization()


@pytest.fixture
def customer(organization: Organization) -> Customer:
    return factories.make_customer(organization)


@pytest.fixture
def account(organization: Organization) -> GatewayAccount:
    return scripted_account(organization)


@pytest.fixture
def shop(organization: Organization, customer: Customer, account: GatewayAccount) -> Shop:
    return Shop(organization, customer, account)


@pytest.fixture
def second(organization: Organization, account: GatewayAccount) -> GatewayAccount:
    """Another account at the same kind of provider, younger than the first; its settings are its own."""
    return second_account(organization)
