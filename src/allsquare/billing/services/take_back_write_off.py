"""An invoice was given up too early: it is open again, and what the write-off booked is reversed."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import NotWritable
from allsquare.billing.locking import locked_invoice
from allsquare.billing.models import Invoice, WriteOff
from allsquare.billing.states import InvoiceState, before_write_off
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.services.reverse import reverse


@retrying
def take_back_write_off(*, organization: Organization, invoice_id: UUID, actor: Actor) -> Invoice:
    """All of it, by facts that name the earlier ones. Raises ``InvoiceUnknown``, ``NotWritable``, ``PeriodClosed``."""
    require(organization, actor, Permission.WRITE_OFF)
    invoice = locked_invoice(organization, invoice_id)
    if invoice.state != InvoiceState.WRITTEN_OFF:
        raise NotWritable(_("This invoice is not written off."))
    at = clock.now(organization)
    standing = list(
        WriteOff.objects.filter(
            organization=organization, invoice=invoice, takes_back=None, taken_back_by=None
        ).order_by("id")
    )
    WriteOff.objects.bulk_create(
        WriteOff(
            organization=organization,
            invoice=invoice,
            amount_minor=-earlier.amount_minor,
            tax_minor=-earlier.tax_minor,
            base_minor=-earlier.base_minor,
            currency=earlier.currency,
            tax_relief=earlier.tax_relief,
            takes_back=earlier,
            created_at=at,
        )
        for earlier in standing
    )
    reverse(
        organization=organization,
        entries=[(earlier.id, "invoice.written_off") for earlier in standing],
        kind="invoice.write_off_reversed",
        on=clock.today(organization),
        at=at,
    )
    invoice.state = before_write_off(
        paid_minor=invoice.paid_minor, sent=invoice.sent_at is not None, viewed=invoice.viewed_at is not None
    )
    invoice.save(update_fields=["state"])
    facts: dict[str, object] = {
        "number": invoice.number,
        "amount_minor": sum(earlier.amount_minor for earlier in standing),
        "currency": invoice.currency,
    }
    news = News("invoice.write_off_reversed", "invoice", invoice.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return invoice
