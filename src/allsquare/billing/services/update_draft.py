"""A draft is changed; an issued invoice never is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import DraftChanged
from allsquare.billing.lines import LineInput, insert_lines, remove_lines
from allsquare.billing.models import Invoice
from allsquare.billing.writing import DraftTerms, draft_mark, fill_draft, locked_draft
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.customers.selectors import get_customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.tax.selectors import list_rates


@retrying
def update_draft(
    *,
    organization: Organization,
    invoice_id: UUID,
    customer_id: UUID,
    lines: Sequence[LineInput],
    actor: Actor,
    currency: str | None = None,
    prices_include_tax: bool = False,
    discount_percent: Decimal = Decimal(0),
    notes: str = "",
    terms: str = "",
    reference: str = "",
    payment_days: int | None = None,
    supplied_on: date | None = None,
    seen: str = "",
) -> Invoice:
    """Everything is given anew. ``seen`` is the draft's mark (``selectors.mark_of_draft``) when it was read: another
    one now means that somebody changed it meanwhile, and nothing is written. What changes nothing is not told: an
    editor saves by itself, and the event log is for changes.

    Raises ``InvoiceUnknown``, ``NotADraft``, ``DraftChanged`` and what ``create_draft`` raises.
    """
    require(organization, actor, Permission.EDIT_INVOICES)
    invoice = locked_draft(organization, invoice_id)
    before = draft_mark(invoice)
    if seen and seen != before:
        raise DraftChanged(
            _("Somebody else changed this draft after you opened it. Nothing of yours was saved yet."),
            invoice=str(invoice.id),
        )
    customer = get_customer(organization, customer_id)
    priced = fill_draft(
        invoice,
        customer,
        DraftTerms(
            lines=lines,
            currency=currency or customer.currency,
            prices_include_tax=prices_include_tax,
            discount_percent=discount_percent,
            notes=notes,
            terms=terms,
            reference=reference,
            payment_days=payment_days,
            supplied_on=supplied_on,
        ),
        list_rates(organization),
    )
    invoice.save()
    remove_lines(invoice)
    insert_lines(invoice, priced)
    if draft_mark(invoice) == before:
        return invoice
    facts: dict[str, object] = {"customer": str(customer.id), "total_minor": invoice.total_minor}
    news = News("invoice.changed", "invoice", invoice.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return invoice
