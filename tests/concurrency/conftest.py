"""Fixtures of the races: everything is really committed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import QuerySet
from pytest_django.fixtures import Settings

from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount
from tests import factories
from tests.payments.makers import empty_script, scripted_account


@pytest.fixture(autouse=True)
def scripted(settings: Settings) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    empty_script()


@pytest.fixture
def organization(transactional_db: None) -> Organization:
    return factories.make_organization()


@pytest.fixture
def customer(organization: Organization) -> Customer:
    return factories.make_customer(organization)


@pytest.fixture
def account(organization: Organization) -> GatewayAccount:
    return scripted_account(organization)


@pytest.fixture
def without_row_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: ``select_for_update`` takes no lock, so the race that the lock prevents must show."""

    def unlocked(rows: QuerySet[Any], **options: object) -> QuerySet[Any]:
        return rows.all()

    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
