"""A contact's record is changed."""

from __future__ import annotations

from typing import Unpack
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.customers.details import ContactDetails, check_contact
from allsquare.customers.locking import locked_contact
from allsquare.customers.models import Contact
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def change_contact(
    *, organization: Organization, contact_id: UUID, actor: Actor, **details: Unpack[ContactDetails]
) -> Contact:
    """Fields that are not given stay. The event names the fields that changed, not what they say.

    Raises ``ContactUnknown`` and ``FieldErrors``.
    """
    require(organization, actor, Permission.EDIT_CUSTOMERS)
    contact = locked_contact(organization, contact_id)
    before = {name: getattr(contact, name) for name in ContactDetails.__annotations__}
    for name, value in details.items():
        setattr(contact, name, value)
    check_contact(contact)
    changed = sorted(name for name, value in before.items() if getattr(contact, name) != value)
    if changed:
        contact.save(update_fields=changed)
        facts: dict[str, object] = {"contact": str(contact.id), "changed": changed}
        news = News("contact.changed", "customer", contact.customer_id, facts)
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return contact
