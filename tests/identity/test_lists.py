"""The list of members: found by name, filtered by role, second factor and last sign-in, in pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator

from allsquare.core import clock
from allsquare.core.listing import read_page, read_query
from allsquare.identity.lists import MEMBERS
from allsquare.identity.models import Membership, Organization, Person
from allsquare.identity.roles import Role
from tests.factories import make_organization, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    """Ada, owner with a second factor, seen today; Bo, clerk, seen a year ago; Cy, clerk, never seen."""
    organization, now = make_organization(), clock.now(None)
    for name, role, seen in (("Ada", Role.OWNER, 0), ("Bo", Role.BILLING_CLERK, 365), ("Cy", "sales", None)):
        person = make_person(name=name)
        Person.objects.filter(id=person.id).update(
            last_login=None if seen is None else now - timedelta(days=seen)
        )
        Membership.objects.create(organization=organization, person=person, role=role, created_at=now)
    ada = Person.objects.get(name="Ada", memberships__organization=organization)
    Authenticator.objects.create(user=ada, type=Authenticator.Type.TOTP, data={})
    bo = Person.objects.get(name="Bo", memberships__organization=organization)
    Authenticator.objects.create(
        user=bo, type=Authenticator.Type.RECOVERY_CODES, data={}
    )  # of an app long gone
    Membership.objects.create(
        organization=make_organization(name="Elsewhere"), person=ada, role=Role.VIEWER, created_at=now
    )
    return organization


def names(organization: Organization, **given: str) -> list[str]:
    query = read_query(MEMBERS, organization, {name: [value] for name, value in given.items()})
    return [str(row.item.person) for row in read_page(organization, query).rows]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, ["Ada", "Bo", "Cy"]),
        ({"sort": "-name"}, ["Cy", "Bo", "Ada"]),
        ({"sort": "seen"}, ["Bo", "Ada", "Cy"]),
        ({"sort": "-seen"}, ["Ada", "Bo", "Cy"]),
        ({"q": "ad"}, ["Ada"]),
        ({"q": "nobody"}, []),
        ({"role": "billing_clerk"}, ["Bo"]),
        ({"second_factor": "set_up"}, ["Ada"]),
        ({"second_factor": "none"}, ["Bo", "Cy"]),
        ({"ever": "no"}, ["Cy"]),
        ({"seen_from": "2026-01-01", "ever": "yes", "role": "owner"}, ["Ada"]),
    ],
)
def test_members_are_found(organization: Organization, given: dict[str, str], found: list[str]) -> None:
    assert names(organization, **given) == found


@pytest.mark.parametrize("sort", ["name", "-name", "joined", "seen", "-seen"])
def test_pages_go_on_after_the_last_one_seen_and_back(organization: Organization, sort: str) -> None:
    query = read_query(MEMBERS, organization, {"sort": [sort]})
    whole = [row.id for row in read_page(organization, query).rows]
    first = read_page(organization, query, limit=2)
    assert first.next is not None
    second = read_page(organization, query.at(after=first.next), limit=2)
    assert [row.id for row in (*first.rows, *second.rows)] == whole
    assert second.previous is not None
    back = read_page(organization, query.at(before=second.previous), limit=2)
    assert [row.id for row in back.rows] == whole[:2]
