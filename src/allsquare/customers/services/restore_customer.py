"""A customer who was put away is offered again."""

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
def restore_customer(*, organization: Organization, customer_id: UUID, actor: Actor) -> Customer:
    """Asking twice changes nothing. Raises ``CustomerUnknown``."""
    require(organization, actor, Permission.EDIT_CUSTOMERS)
    customer = locked_customer(organization, customer_id)
    if customer.archived_at is not None:
        customer.archived_at = None
        customer.save(update_fields=["archived_at"])
        news = News("customer.restored", "customer", customer.id)
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return customer
