"""A person issues an invoice and says to whom its mail goes besides, and what it says besides."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.billing.services.issue import issue
from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.customers.selectors import Post, addresses
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.notifications.added import checked
from allsquare.notifications.models import Enclosure


@retrying
def issue_and_send(
    *,
    organization: Organization,
    invoice_id: UUID,
    actor: Actor,
    copies: Sequence[str] = (),
    note: str = "",
) -> Invoice:
    """As ``issue``; the mail that follows from the event carries ``copies`` and ``note``. Raises what ``issue`` raises,
    and ``FieldErrors``.
    """
    require(organization, actor, Permission.ISSUE_INVOICES)
    (invoice,) = issue(organization=organization, invoice_ids=[invoice_id], actor=actor)
    besides = addresses(organization, invoice.customer, Post.INVOICES) if copies else ()
    added = checked(copies, note, besides=besides)
    if added.copies or added.note:
        Enclosure.objects.create(
            organization=organization, invoice_id=invoice.id, copies=added.copies, note=added.note
        )
    return invoice
