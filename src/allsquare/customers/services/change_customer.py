"""A customer's record is changed. Issued invoices keep what they said."""

from __future__ import annotations

from typing import Unpack
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.customers.details import ChangedDetails, check
from allsquare.customers.locking import locked_customer
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def change_customer(
    *, organization: Organization, customer_id: UUID, actor: Actor, **details: Unpack[ChangedDetails]
) -> Customer:
    """Fields that are not given stay. The event names the fields that changed, not what they say.

    Raises ``CustomerUnknown`` and ``FieldErrors``.
    """
    require(organization, actor, Permission.EDIT_CUSTOMERS)
    customer = locked_customer(organization, customer_id)
    before = {name: getattr(customer, name) for name in ChangedDetails.__annotations__}
    for name, value in details.items():
        setattr(customer, name, value)
    check(customer)
    changed = sorted(name for name, value in before.items() if getattr(customer, name) != value)
    if changed:
        customer.save(update_fields=changed)
        news = News("customer.changed", "customer", customer.id, {"changed": changed})
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return customer
