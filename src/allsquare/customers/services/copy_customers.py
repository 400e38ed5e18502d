"""A fresh organization begins with the customers of another."""

from __future__ import annotations

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.cloning import clones
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.customers.models import Contact, Customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require

_BATCH = 1000


@retrying
def copy_customers(*, organization: Organization, source: Organization, actor: Actor) -> int:
    """How many were copied: those of ``source`` that are not archived, with their contacts. Notes tell of what was
    tried there and stay. Whoever may see them in ``source`` is asked by the caller."""
    require(organization, actor, Permission.EDIT_CUSTOMERS)
    at = clock.now(organization)
    rows = list(
        Customer.objects.filter(organization=source, archived_at__isnull=True).order_by("created_at", "id")
    )
    made = clones(rows, organization_id=organization.id, created_at=at, pinned_note_id=None, group_id=None)
    Customer.objects.bulk_create(made, batch_size=_BATCH)
    now = {old.id: new.id for old, new in zip(rows, made, strict=True)}
    contacts = Contact.objects.filter(organization=source, customer_id__in=now).order_by("created_at", "id")
    copies = [
        copy
        for contact in contacts.iterator()
        for copy in clones(
            [contact], organization_id=organization.id, created_at=at, customer_id=now[contact.customer_id]
        )
    ]
    Contact.objects.bulk_create(copies, batch_size=_BATCH)
    facts: dict[str, object] = {"count": len(made), "contacts": len(copies), "source": str(source.id)}
    news = News("customers.copied", "organization", organization.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return len(made)
