"""An invoice that should not have been is made void: it keeps its number, its booking is reversed."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import NotVoidable
from allsquare.billing.locking import locked_invoice
from allsquare.billing.models import Invoice
from allsquare.billing.reasons import checked_reason
from allsquare.billing.states import TRANSITIONS, InvoiceState
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.services.reverse import reverse


@retrying
def void(*, organization: Organization, invoice_id: UUID, reason: str, actor: Actor) -> Invoice:
    """Only an issued invoice of which nothing is paid or credited; money that arrives later becomes customer credit.

    Raises ``InvoiceUnknown``, ``NotVoidable``, ``FieldErrors`` without a good reason.
    """
    require(organization, actor, Permission.VOID_INVOICES)
    reason = checked_reason(reason, missing=_("Say why the invoice is void; it stays in the record."))
    invoice = locked_invoice(organization, invoice_id)
    if (InvoiceState(invoice.state), InvoiceState.VOID) not in TRANSITIONS or invoice.paid_minor:
        raise NotVoidable(
            _("An invoice that is %(state)s cannot be made void. Give what was paid back first.")
            % {"state": InvoiceState(invoice.state).word}
        )
    if invoice.credited_minor:
        raise NotVoidable(
            _("A part of this invoice is credited. What is left of it can be credited too, not made void.")
        )
    at = clock.now(organization)
    invoice.state = InvoiceState.VOID
    invoice.voided_at, invoice.void_reason = at, reason
    invoice.save(update_fields=["state", "voided_at", "void_reason"])
    reverse(
        organization=organization,
        entries=[(invoice.id, "invoice.issued")],
        kind="invoice.voided",
        on=clock.today(organization),
        at=at,
    )
    facts: dict[str, object] = {"number": invoice.number, "reason": invoice.void_reason}
    news = News("invoice.voided", "invoice", invoice.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return invoice
