"""A business that sells by links."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount
from tests import factories
from tests.payments.makers import empty_script, scripted_account
from tests.payments.test_closing_pages import ClosingScript
from tests.selling.makers import vat


@pytest.fixture(autouse=True)
def scripted(settings: Settings) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    empty_script()


@pytest.fixture
def organization(db: None) -> Organization:
    made = factories.make_organization()
    vat(made)
    return made


@pytest.fixture
def account(organization: Organization) -> GatewayAccount:
    return scripted_account(organization)


@pytest.fixture
def closes(scripted: None, settings: Settings) -> type[ClosingScript]:
    """The provider closes pages, as its script says."""
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.test_closing_pages.ClosingScript",
    }
    ClosingScript.closings.clear()
    ClosingScript.closed.clear()
    return ClosingScript
