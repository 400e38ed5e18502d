"""An invoice's mail went out."""

from __future__ import annotations

from collections.abc import Sequence
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
def mark_sent(*, organization: Organization, invoice_ids: Sequence[UUID], actor: Actor) -> None:
    """Note the first sending. A repeat changes nothing; an invoice that is seen or paid already keeps its state."""
    require(organization, actor, Permission.SEND_MAIL)
    at = clock.now(organization)
    invoices = list(
        Invoice.objects.select_for_update(no_key=True)
        .filter(organization=organization, id__in=invoice_ids, sent_at__isnull=True)
        .exclude(state=InvoiceState.DRAFT)
        .order_by("id")
    )
    for invoice in invoices:
        invoice.sent_at = at
        if invoice.state == InvoiceState.ISSUED:
            invoice.state = InvoiceState.SENT
    Invoice.objects.bulk_update(invoices, ["sent_at", "state"])
    news = [
        News(
            "invoice.sent",
            "invoice",
            invoice.id,
            {"number": invoice.number},
        )
        for invoice in invoices
    ]
    if news:
        record(organization_id=organization.id, news=news, actor=actor, at=at)
