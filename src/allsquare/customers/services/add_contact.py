"""Somebody to speak to at a customer is entered."""

from __future__ import annotations

from typing import Unpack
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.idempotency import Answer, once
from allsquare.core.transactions import retrying
from allsquare.customers.details import ContactDetails, check_contact
from allsquare.customers.models import Contact, Customer
from allsquare.customers.selectors import get_contact, get_customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def add_contact(
    *,
    organization: Organization,
    customer_id: UUID,
    actor: Actor,
    key: str = "",
    **details: Unpack[ContactDetails],
) -> Contact:
    """With a ``key`` the same form sent twice is one contact. Raises ``CustomerUnknown``, ``FieldErrors``,
    ``KeyReused``, ``KeyInvalid``, and ``ContactUnknown`` where the one of this key was removed meanwhile."""
    require(organization, actor, Permission.EDIT_CUSTOMERS)
    customer = get_customer(organization, customer_id)
    if not key:
        return _enter(organization, customer, actor, details)

    def enter() -> Answer:
        return {"contact": str(_enter(organization, customer, actor, details).id)}

    answer, _repeated = once(
        organization_id=organization.id,
        operation="contact.add",
        key=key,
        given={"customer": customer_id, **details},
        at=clock.now(organization),
        work=enter,
    )
    return get_contact(organization, UUID(str(answer["contact"])))


def _enter(organization: Organization, customer: Customer, actor: Actor, details: ContactDetails) -> Contact:
    """The event names the contact's id, not the person: the log never forgets."""
    at = clock.now(organization)
    contact = Contact(organization=organization, customer=customer, created_at=at, **details)
    check_contact(contact)
    contact.save(force_insert=True)
    news = News("contact.added", "customer", customer.id, {"contact": str(contact.id)})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return contact
