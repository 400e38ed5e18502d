"""Somebody to speak to at a customer is entered."""

from __future__ import annotations

from typing import Unpack
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.customers.details import ContactDetails, check_contact
from allsquare.customers.models import Contact
from allsquare.customers.selectors import get_customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def add_contact(
    *, organization: Organization, customer_id: UUID, actor: Actor, **details: Unpack[ContactDetails]
) -> Contact:
    """The event names the contact's id, not the person: the log never forgets. Raises ``CustomerUnknown``,
    ``FieldErrors``."""
    require(organization, actor, Permission.EDIT_CUSTOMERS)
    customer = get_customer(organization, customer_id)
    at = clock.now(organization)
    contact = Contact(organization=organization, customer=customer, created_at=at, **details)
    check_contact(contact)
    contact.save(force_insert=True)
    news = News("contact.added", "customer", customer.id, {"contact": str(contact.id)})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return contact
