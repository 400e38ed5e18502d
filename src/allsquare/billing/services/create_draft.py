"""A draft is begun. It has no number, no books and no link; everything of it may still change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from allsquare.billing.lines import LineInput, insert_lines
from allsquare.billing.models import Invoice
from allsquare.billing.writing import DraftTerms, fill_draft
from allsquare.core import bulk, clock, rows
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.customers.selectors import ask_customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.tax.selectors import ask_rates


@retrying
def create_draft(
    *,
    organization: Organization,
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
    copy_of: UUID | None = None,
) -> Invoice:
    """Currency and language are the customer's, the days to pay theirs or else the organization's, unless given.
    ``copy_of`` is the invoice that it was written after, for the record.

    Raises ``CustomerUnknown``, ``FieldErrors``, ``InvalidLine``, ``RateMissing``.
    """
    require(organization, actor, Permission.EDIT_INVOICES)
    with bulk.pipelined():
        customer_asked, rates = ask_customer(organization, customer_id), ask_rates(organization)
    customer = customer_asked.read()
    at = clock.now(organization)
    invoice = Invoice(organization=organization, state="draft", created_at=at)
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
        rates.all(),
    )
    facts: dict[str, object] = {"customer": str(customer.id), "total_minor": invoice.total_minor}
    if copy_of is not None:
        facts["copy_of"] = str(copy_of)
    news = News("invoice.created", "invoice", invoice.id, facts)
    with bulk.pipelined(committing=True), bulk.together():
        rows.insert([invoice])
        insert_lines(invoice, priced)
        record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return invoice
