"""Fixtures of the mail tests: payments by the real services, mails to Django's own outbox."""

from __future__ import annotations

import pytest

from allsquare.identity.models import Organization, Person
from allsquare.identity.roles import Role
from tests import factories
from tests.payments.conftest import account, customer, organization, scripted

__all__ = ["account", "customer", "organization", "scripted"]


@pytest.fixture
def owner(organization: Organization) -> Person:
    """Who is told of payments."""
    person = factories.make_person(email="ada@example.com")
    factories.member_actor(organization, Role.OWNER, person)
    return person
