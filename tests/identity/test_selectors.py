from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from allsquare.core.errors import NotFound
from allsquare.core.ids import new_id
from allsquare.identity.models import Membership, Person
from allsquare.identity.roles import Role
from allsquare.identity.selectors import (
    get_organization,
    membership_of,
    organizations,
    people_told_of_payments,
)
from tests.factories import make_organization, make_person, member_actor

pytestmark = pytest.mark.django_db


def test_an_organization_is_found_or_not() -> None:
    organization = make_organization()
    assert get_organization(organization.id) == organization
    with pytest.raises(NotFound):
        get_organization(new_id())


def test_organizations_come_oldest_first() -> None:
    young = make_organization()
    old = make_organization(created_at=young.created_at - timedelta(days=1))
    assert organizations() == [old, young]


def test_a_person_is_in_the_organization_asked_for_else_in_the_first() -> None:
    person, stranger = make_person(), make_person()
    first, second, other = make_organization(), make_organization(), make_organization()
    for organization in (first, second):
        member_actor(organization, Role.SALES, person)

    def found(who: Person, asked: UUID | None) -> UUID | None:
        membership = membership_of(who, asked)
        return membership.organization_id if membership else None

    assert found(person, second.id) == second.id
    assert found(person, None) == first.id
    assert found(person, other.id) == first.id  # never into one where they are no member
    assert found(stranger, first.id) is None


def test_owners_and_administrators_who_are_active_hear_of_payments() -> None:
    organization = make_organization()
    told = [make_person(), make_person()]
    for person, role in zip(told, (Role.OWNER, Role.ADMINISTRATOR), strict=True):
        member_actor(organization, role, person)
    member_actor(organization, Role.ACCOUNTANT)
    gone = make_person()
    member_actor(organization, Role.OWNER, gone)
    Person.objects.filter(id=gone.id).update(is_active=False)
    member_actor(make_organization(), Role.OWNER)
    assert people_told_of_payments(organization) == told
    assert Membership.objects.filter(organization=organization).count() == 4
