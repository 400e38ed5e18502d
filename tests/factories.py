"""Small, plain makers of what tests need, by the real services."""

from __future__ import annotations

import itertools
from datetime import timedelta

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, ActorKind
from allsquare.customers.models import Customer
from allsquare.identity.models import Membership, Organization, Person
from allsquare.identity.roles import Role
from allsquare.ledger.services.open_books import open_books

_count = itertools.count(1)


def make_person(*, email: str = "", name: str = "Ada Owner", password: str | None = None) -> Person:
    return Person.objects.create_user(email or f"person{next(_count)}@example.com", password, name=name)


def make_organization(
    *, name: str = "Test & Söhne", base_currency: str = "EUR", **more: object
) -> Organization:
    """An organization with open books and no members."""
    fields: dict[str, object] = {
        "country": "DE",
        "time_zone": "Europe/Berlin",
        "language": "en",
        "email": "billing@example.com",
        "clock_offset": timedelta(0),
        "created_at": clock.now(None),
        **more,
    }
    organization = Organization.objects.create(name=name, base_currency=base_currency, **fields)
    open_books(organization=organization, actor=SYSTEM)
    return organization


def member_actor(organization: Organization, role: Role = Role.OWNER, person: Person | None = None) -> Actor:
    """The actor of a member; the membership is made."""
    person = person or make_person()
    Membership.objects.create(organization=organization, person=person, role=role, created_at=clock.now(None))
    return Actor(ActorKind.PERSON, str(person.id), str(person), role=role, organization_id=organization.id)


def make_customer(organization: Organization, *, name: str = "Grace Buyer", **more: object) -> Customer:
    fields: dict[str, object] = {
        "email": f"buyer{next(_count)}@example.com",
        "country": "DE",
        "language": "en",
        "currency": organization.base_currency,
        "created_at": clock.now(None),
        **more,
    }
    return Customer.objects.create(organization=organization, name=name, **fields)
