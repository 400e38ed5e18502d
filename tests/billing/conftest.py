"""Who bills, and who is billed."""

from __future__ import annotations

import pytest

from allsquare.core.actor import Actor
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from tests import factories
from tests.billing.makers import add_german_rates


@pytest.fixture
def organization(db: None) -> Organization:
    """A German business with its tax rates."""
    made = factories.make_organization()
    add_german_rates(made)
    return made


@pytest.fixture
def customer(organization: Organization) -> Customer:
    return factories.make_customer(
        organization,
        name="Grace Buyer",
        street="Ring 1",
        postal_code="50667",
        city="Köln",
        tax_id="DE136695976",
    )


@pytest.fixture
def owner(organization: Organization) -> Actor:
    return factories.member_actor(organization)
