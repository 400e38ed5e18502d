"""A customer is entered."""

from __future__ import annotations

from typing import Unpack

from django.db import transaction

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.customers.details import CustomerDetails, check
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@transaction.atomic
def create_customer(
    *, organization: Organization, name: str, actor: Actor, **details: Unpack[CustomerDetails]
) -> Customer:
    """Country, language and currency are the organization's unless given. Raises ``FieldErrors``."""
    require(organization, actor, Permission.EDIT_CUSTOMERS)
    at = clock.now(organization)
    defaults: CustomerDetails = {
        "country": organization.country,
        "language": organization.language,
        "currency": organization.base_currency,
    }
    customer = Customer(organization=organization, name=name, created_at=at, **{**defaults, **details})
    check(customer)
    customer.save(force_insert=True)
    news = News("customer.created", "customer", customer.id, {"name": customer.name})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return customer
