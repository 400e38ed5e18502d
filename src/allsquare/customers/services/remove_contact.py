"""A contact is taken out of the record, for good."""

from __future__ import annotations

from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.customers.locking import locked_contact
from allsquare.customers.models import Contact
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def remove_contact(*, organization: Organization, contact_id: UUID, actor: Actor) -> Contact:
    """Returns what was removed. Mails that went to them stay in the record. Raises ``ContactUnknown``, the second time
    too."""
    require(organization, actor, Permission.EDIT_CUSTOMERS)
    contact = locked_contact(organization, contact_id)
    Contact.objects.filter(organization=organization, id=contact.id).delete()
    news = News("contact.removed", "customer", contact.customer_id, {"contact": str(contact.id)})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return contact
