"""Changing and removing members."""

from __future__ import annotations

import pytest

from allsquare.core.actor import Actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.selectors import list_events
from allsquare.identity.errors import LastOwner, MemberUnknown
from allsquare.identity.models import Membership, Organization
from allsquare.identity.roles import Role
from allsquare.identity.services.change_role import change_role
from allsquare.identity.services.remove_member import remove_member
from allsquare.identity.services.require_second_factor import require_second_factor
from tests.factories import make_organization, member_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def owner(organization: Organization) -> Actor:
    return member_actor(organization)


def row(organization: Organization, actor: Actor) -> Membership:
    return Membership.objects.get(organization=organization, person_id=actor.id)


def test_a_role_is_changed_once_and_the_log_says_from_what(organization: Organization, owner: Actor) -> None:
    clerk = row(organization, member_actor(organization, Role.BILLING_CLERK))
    for _press in range(2):
        change_role(organization=organization, membership_id=clerk.id, role=Role.ACCOUNTANT, actor=owner)
    [event] = list_events(organization.id, kind="member.role_changed")
    assert (event.data["before"], event.data["role"]) == ("billing_clerk", "accountant")


def test_the_last_owner_stays_an_owner(organization: Organization, owner: Actor) -> None:
    mine = row(organization, owner)
    with pytest.raises(LastOwner):
        change_role(organization=organization, membership_id=mine.id, role=Role.VIEWER, actor=owner)
    with pytest.raises(LastOwner):
        remove_member(organization=organization, membership_id=mine.id, actor=owner)
    member_actor(organization)
    remove_member(organization=organization, membership_id=mine.id, actor=owner)
    assert not Membership.objects.filter(organization=organization, id=mine.id).exists()


def test_an_administrator_touches_no_owner(organization: Organization, owner: Actor) -> None:
    member_actor(organization)
    admin = member_actor(organization, Role.ADMINISTRATOR)
    mine = row(organization, owner)
    with pytest.raises(PermissionDenied):
        change_role(organization=organization, membership_id=mine.id, role=Role.VIEWER, actor=admin)
    with pytest.raises(PermissionDenied):
        remove_member(organization=organization, membership_id=mine.id, actor=admin)
    with pytest.raises(PermissionDenied):
        change_role(
            organization=organization, membership_id=row(organization, admin).id, role=Role.OWNER, actor=admin
        )


def test_another_organizations_member_is_unknown(organization: Organization, owner: Actor) -> None:
    other = make_organization()
    foreign = row(other, member_actor(other))
    with pytest.raises(MemberUnknown):
        change_role(organization=organization, membership_id=foreign.id, role=Role.VIEWER, actor=owner)
    with pytest.raises(MemberUnknown):
        remove_member(organization=organization, membership_id=foreign.id, actor=owner)


def test_a_clerk_changes_nobody(organization: Organization, owner: Actor) -> None:
    clerk = member_actor(organization, Role.BILLING_CLERK)
    for act in (change_role, remove_member):
        with pytest.raises(PermissionDenied):
            act(
                organization=organization,
                membership_id=row(organization, owner).id,
                actor=clerk,
                **({"role": Role.VIEWER} if act is change_role else {}),
            )
    with pytest.raises(PermissionDenied):
        require_second_factor(organization=organization, roles=[Role.OWNER], actor=clerk)


def test_the_roles_that_need_a_second_factor_are_kept_in_order_and_told_once(
    organization: Organization, owner: Actor
) -> None:
    for _press in range(2):
        require_second_factor(organization=organization, roles=[Role.VIEWER, Role.OWNER], actor=owner)
    organization.refresh_from_db()
    assert organization.second_factor_roles == ["owner", "viewer"]
    assert len(list_events(organization.id, kind="organization.second_factor_required")) == 1
