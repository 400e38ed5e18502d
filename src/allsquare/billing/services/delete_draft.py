"""A draft is thrown away. What was issued stays for ever."""

from __future__ import annotations

from uuid import UUID

from allsquare.billing.models import InvoiceLine, InvoiceTax
from allsquare.billing.writing import locked_draft
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def delete_draft(*, organization: Organization, invoice_id: UUID, actor: Actor) -> None:
    """Raises ``InvoiceUnknown``, ``NotADraft``."""
    require(organization, actor, Permission.EDIT_INVOICES)
    invoice = locked_draft(organization, invoice_id)
    InvoiceLine.objects.filter(organization=organization, invoice=invoice).delete()
    InvoiceTax.objects.filter(organization=organization, invoice=invoice).delete()
    invoice.delete()
    news = News("invoice.deleted", "invoice", invoice_id, {"total_minor": invoice.total_minor})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
