from __future__ import annotations

import pytest

from allsquare.core.errors import PermissionDenied
from allsquare.core.selectors import list_events
from allsquare.identity.errors import AlreadyMember
from allsquare.identity.roles import Role
from allsquare.identity.services.add_member import add_member
from tests.factories import make_organization, make_person, member_actor

pytestmark = pytest.mark.django_db


def test_a_member_is_added_once() -> None:
    organization, person = make_organization(), make_person()
    owner = member_actor(organization)
    first = add_member(organization=organization, person=person, role=Role.SALES, actor=owner)
    again = add_member(organization=organization, person=person, role=Role.SALES, actor=owner)
    assert first.id == again.id
    [event] = list_events(organization.id, kind="member.added")
    assert event.data == {"person": str(person.id), "role": "sales"}


def test_another_role_is_not_slipped_in() -> None:
    organization, person = make_organization(), make_person()
    owner = member_actor(organization)
    first = add_member(organization=organization, person=person, role=Role.VIEWER, actor=owner)
    with pytest.raises(AlreadyMember, match="as Viewer"):
        add_member(organization=organization, person=person, role=Role.ADMINISTRATOR, actor=owner)
    first.refresh_from_db()
    assert first.role == Role.VIEWER


def test_only_owners_make_owners_and_clerks_nobody() -> None:
    organization = make_organization()
    owner = member_actor(organization)
    administrator = member_actor(organization, Role.ADMINISTRATOR)
    clerk = member_actor(organization, Role.BILLING_CLERK)
    with pytest.raises(PermissionDenied):
        add_member(organization=organization, person=make_person(), role=Role.OWNER, actor=administrator)
    with pytest.raises(PermissionDenied):
        add_member(organization=organization, person=make_person(), role=Role.VIEWER, actor=clerk)
    with pytest.raises(PermissionDenied):
        add_member(organization=make_organization(), person=make_person(), role=Role.VIEWER, actor=owner)
    made = add_member(organization=organization, person=make_person(), role=Role.OWNER, actor=owner)
    assert made.role == Role.OWNER
