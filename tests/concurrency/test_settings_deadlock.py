"""Fault 25, for settings: of two people who change people, providers and the organization in an order in which the
database must choose a victim, both get what they asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from django.db.models import Model

from allsquare.core import transactions
from allsquare.core.actor import SYSTEM
from allsquare.core.selectors import list_events
from allsquare.identity import members
from allsquare.identity.models import Membership, Organization
from allsquare.identity.roles import Role
from allsquare.identity.services import change_logo as change_logo_file
from allsquare.identity.services import change_organization as change_organization_file
from allsquare.identity.services.change_logo import change_logo
from allsquare.identity.services.change_organization import change_organization
from allsquare.identity.services.change_role import change_role
from allsquare.payments.models import GatewayAccount
from allsquare.payments.services import change_gateway_account as change_gateway_account_file
from allsquare.payments.services import switch_gateway_account as switch_gateway_account_file
from allsquare.payments.services.change_gateway_account import change_gateway_account
from allsquare.payments.services.switch_gateway_account import switch_gateway_account
from tests.concurrency.races import at_once, failures
from tests.factories import member_actor

pytestmark = pytest.mark.concurrency

#: What writes the event of the two, and what they lock before.
Crossing = tuple[tuple[ModuleType, type[Model]], tuple[ModuleType, type[Model]]]
CROSSINGS: dict[str, Crossing] = {
    "organization, provider": (
        (change_organization_file, Organization),
        (change_gateway_account_file, GatewayAccount),
    ),
    "logo, provider": ((change_logo_file, Organization), (switch_gateway_account_file, GatewayAccount)),
    "role, provider": ((members, Organization), (switch_gateway_account_file, GatewayAccount)),
}


@pytest.fixture(params=CROSSINGS)
def works(
    request: pytest.FixtureRequest,
    organization: Organization,
    account: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> list[Callable[[], Any]]:
    """Two that surely deadlock: each has locked its own row when it wants the other's, once."""
    crossing, meeting = CROSSINGS[request.param], threading.Barrier(2)
    rows = {Organization: organization.id, GatewayAccount: account.id}
    for (file, _own), (_other, wanted) in zip(crossing, reversed(crossing), strict=True):
        monkeypatch.setattr(file, "record", _wanting(file.record, wanted, rows[wanted], meeting))
    member = Membership.objects.get(person_id=member_actor(organization, Role.VIEWER).id)
    member_actor(organization)
    change: dict[ModuleType, Callable[..., Any]] = {
        change_organization_file: partial(change_organization, city="Ulm"),
        change_logo_file: partial(change_logo, data=b"<svg/>", media_type="image/svg+xml"),
        members: partial(change_role, membership_id=member.id, role=Role.ACCOUNTANT),
        change_gateway_account_file: partial(
            change_gateway_account, account_id=account.id, label="Another name", settings={}
        ),
        switch_gateway_account_file: partial(switch_gateway_account, account_id=account.id, enabled=False),
    }
    return [partial(change[file], organization=organization, actor=SYSTEM) for file, _own in crossing]


def _wanting(
    record: Callable[..., None], model: type[Model], row: object, meeting: threading.Barrier
) -> Callable[..., None]:
    been_there: list[bool] = []

    def want(**given: Any) -> None:
        if not been_there:
            been_there.append(True)
            meeting.wait(timeout=30)
            model._default_manager.select_for_update(no_key=True).get(pk=row)
        record(**given)

    return want


def kinds(organization: Organization) -> set[str]:
    """Of what the two told."""
    told = {event.kind for event in list_events(organization.id)}
    return told & {
        "organization.changed",
        "organization.logo_changed",
        "member.role_changed",
        "gateway_account.changed",
        "gateway_account.switched_off",
    }


def test_both_get_what_they_asked_for(organization: Organization, works: list[Callable[[], Any]]) -> None:
    assert failures(at_once(works)) == []
    assert len(kinds(organization)) == 2


def test_control_without_another_try_one_of_them_fails(
    organization: Organization, works: list[Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "TRIES", 1)
    [failure] = failures(at_once(works))
    assert isinstance(failure, OperationalError)
    assert isinstance(failure.__cause__, psycopg.errors.DeadlockDetected)
    assert len(kinds(organization)) == 1
