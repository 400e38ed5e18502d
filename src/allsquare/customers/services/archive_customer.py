"""A customer is put away: no longer offered, while every document stays."""

from __future__ import annotations

from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.customers.locking import locked_customer
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def archive_customer(*, organization: Organization, customer_id: UUID, actor: Actor) -> Customer:
    """Asking twice changes nothing. Raises ``CustomerUnknown``."""
    require(organization, actor, Permission.EDIT_CUSTOMERS)
    customer = locked_customer(organization, customer_id)
    if customer.archived_at is None:
        customer.archived_at = clock.now(organization)
        customer.save(update_fields=["archived_at"])
        news = News("customer.archived", "customer", customer.id)
        record(organization_id=organization.id, news=[news], actor=actor, at=customer.archived_at)
    return customer
