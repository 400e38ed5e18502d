"""Which note everybody sees first on a customer's page."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.customers.errors import NoteUnknown
from allsquare.customers.locking import locked_customer
from allsquare.customers.models import Customer, CustomerNote
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def pin_note(
    *, organization: Organization, customer_id: UUID, note_id: UUID | None, actor: Actor
) -> Customer:
    """It takes the place of the one pinned before; ``None``: no note stands first any more.

    Raises ``CustomerUnknown``, ``NoteUnknown``: a note of another customer too.
    """
    require(organization, actor, Permission.WRITE_NOTES)
    customer = locked_customer(organization, customer_id)
    notes = CustomerNote.objects.filter(organization=organization, customer=customer)
    if note_id is not None and not notes.filter(id=note_id).exists():
        raise NoteUnknown(_("There is no such note."))
    before = customer.pinned_note_id
    if before != note_id:
        customer.pinned_note_id = note_id
        customer.save(update_fields=["pinned_note"])
        kind = "note.pinned" if note_id else "note.unpinned"
        news = News(kind, "customer", customer.id, {"note": str(note_id or before)})
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return customer
