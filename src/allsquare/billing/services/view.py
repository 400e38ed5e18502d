"""A payer opened the link."""

from __future__ import annotations

from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.billing.states import InvoiceState
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def mark_viewed(*, organization: Organization, invoice_id: UUID, actor: Actor) -> None:
    """Note the first view. A repeat changes nothing, and costs no lock."""
    require(organization, actor, Permission.PAY)
    unseen = Invoice.objects.filter(organization=organization, id=invoice_id, viewed_at__isnull=True)
    if not unseen.exclude(state=InvoiceState.DRAFT).exists():
        return
    at = clock.now(organization)
    invoice = unseen.select_for_update(no_key=True).first()
    if invoice is None:
        return  # somebody saw it in this very moment
    invoice.viewed_at = at
    if invoice.state in (InvoiceState.ISSUED, InvoiceState.SENT):
        invoice.state = InvoiceState.VIEWED
    invoice.save(update_fields=["viewed_at", "state"])
    news = News("invoice.viewed", "invoice", invoice.id, {"number": invoice.number})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
