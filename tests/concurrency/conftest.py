"""Fixtures of the races: everything is really committed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, LiteralString

import pytest
from django.db.models import Model, QuerySet
from pytest_django.fixtures import Settings

from allsquare.core import rows
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount
from tests import factories
from tests.payments.makers import empty_script, scripted_account

HERE: Final = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A control shows that a race is possible, not that it happens each time: on a machine that is busy elsewhere the
    threads may well come one after the other. What happens in none of eight tries is not possible."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.name.startswith(("test_control", "test_without")):
            item.add_marker(pytest.mark.flaky(reruns=7))


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
    """The control: no row that is read is locked, so the race that the lock prevents must show."""
    selection = rows._selection

    def unlocked(found: QuerySet[Any], **options: object) -> QuerySet[Any]:
        return found.all()

    def unlocked_selection(model: type[Model], rest: LiteralString) -> bytes:
        return selection(model, rest.replace("FOR NO KEY UPDATE", ""))

    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
    monkeypatch.setattr(rows, "_selection", unlocked_selection)
