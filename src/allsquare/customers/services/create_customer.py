"""A customer is entered."""

from __future__ import annotations

from typing import Unpack
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.idempotency import Answer, once
from allsquare.core.transactions import retrying
from allsquare.customers.details import CustomerDetails, check
from allsquare.customers.models import Customer
from allsquare.customers.selectors import get_customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def create_customer(
    *, organization: Organization, name: str, actor: Actor, key: str = "", **details: Unpack[CustomerDetails]
) -> Customer:
    """Country, language and currency are the organization's unless given. With a ``key`` the same form sent twice
    is one customer. Raises ``FieldErrors``, ``KeyReused``, ``KeyInvalid``."""
    require(organization, actor, Permission.EDIT_CUSTOMERS)
    if not key:
        return _enter(organization, name, actor, details)

    def enter() -> Answer:
        return {"customer": str(_enter(organization, name, actor, details).id)}

    answer, _repeated = once(
        organization_id=organization.id,
        operation="customer.create",
        key=key,
        given={"name": name, **details},
        at=clock.now(organization),
        work=enter,
    )
    return get_customer(organization, UUID(str(answer["customer"])))


def _enter(organization: Organization, name: str, actor: Actor, details: CustomerDetails) -> Customer:
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
