from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from allsquare.core.actor import SYSTEM, ActorKind, customer_actor, gateway_actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.identity.permissions import KIND_PERMISSIONS, ROLE_PERMISSIONS, Permission, may, require
from allsquare.identity.roles import Role
from tests.factories import make_organization, member_actor

P = Permission


@pytest.fixture
def organization(db: None) -> Organization:
    return make_organization()


def test_every_role_and_every_kind_of_actor_has_its_rights_written_down() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert set(KIND_PERMISSIONS) | {ActorKind.PERSON} == set(ActorKind)


def test_who_has_more_trust_has_no_less_rights() -> None:
    ladder = (Role.VIEWER, Role.SALES, Role.BILLING_CLERK, Role.ACCOUNTANT, Role.ADMINISTRATOR, Role.OWNER)
    rights = [ROLE_PERMISSIONS[role] for role in ladder]
    assert all(lower <= higher for lower, higher in pairwise(rights))


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (P.VIEW_SALES, set(Role)),
        (P.ISSUE_INVOICES, {Role.OWNER, Role.ADMINISTRATOR, Role.ACCOUNTANT, Role.BILLING_CLERK}),
        (P.REFUND, {Role.OWNER, Role.ADMINISTRATOR, Role.ACCOUNTANT}),
        (P.POST_JOURNAL, {Role.OWNER, Role.ADMINISTRATOR, Role.ACCOUNTANT}),
        (P.MANAGE_PEOPLE, {Role.OWNER, Role.ADMINISTRATOR}),
        (P.SETTLE, set()),  # only a provider's news and the system settle: nobody marks anything paid by hand
    ],
)
def test_who_may_do_what(organization: Organization, permission: Permission, roles: set[Role]) -> None:
    able = {role for role in Role if may(organization, member_actor(organization, role), permission)}
    assert able == roles


def test_a_role_elsewhere_counts_for_nothing(organization: Organization) -> None:
    stranger = member_actor(make_organization(), Role.OWNER)
    assert not any(may(organization, stranger, permission) for permission in Permission)
    nobody = replace(stranger, role="", organization_id=organization.id)
    assert not any(may(organization, nobody, permission) for permission in Permission)


def test_payers_pay_and_providers_settle_and_nothing_else(organization: Organization) -> None:
    payer, provider = customer_actor(new_id(), "Grace"), gateway_actor("sandbox")
    assert {p for p in Permission if may(organization, payer, p)} == {P.PAY, P.MANAGE_METHODS}
    assert {p for p in Permission if may(organization, provider, p)} == {P.SETTLE}
    assert all(may(organization, SYSTEM, p) for p in Permission)


def test_a_refusal_says_what_was_asked_and_whom_to_ask(organization: Organization) -> None:
    require(organization, member_actor(organization, Role.ACCOUNTANT), P.CLOSE_PERIODS)
    with pytest.raises(PermissionDenied, match=r"\(close periods\)\. Ask an owner") as caught:
        require(organization, member_actor(organization, Role.VIEWER), P.CLOSE_PERIODS)
    assert (caught.value.status, caught.value.details) == (403, {"permission": "close_periods"})
