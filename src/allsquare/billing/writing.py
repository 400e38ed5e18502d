"""What creating and changing a draft share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from allsquare.billing.errors import InvoiceUnknown, NotADraft
from allsquare.billing.lines import LineInput, price, write_lines
from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.errors import FieldErrors
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization

#: The longest time to pay that a form takes; directive 2011/7/EU calls more than 60 days unusual.
MOST_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTerms:
    """All of a draft but its customer."""

    lines: Sequence[LineInput]
    currency: str
    prices_include_tax: bool
    discount_percent: Decimal
    notes: str
    terms: str
    reference: str
    payment_days: int
    supplied_on: date | None


def locked_draft(organization: Organization, invoice_id: UUID) -> Invoice:
    """The draft, locked. Raises ``InvoiceUnknown``, ``NotADraft``."""
    found = (
        Invoice.objects.select_for_update(no_key=True)
        .filter(organization=organization, id=invoice_id)
        .select_related("organization")
        .first()
    )
    if found is None:
        raise InvoiceUnknown("There is no such invoice.")
    if found.state != "draft":
        raise NotADraft(
            f"Invoice {found.number} was issued and is frozen. Void it and write a new one.",
            number=found.number,
        )
    return found


def write_draft(invoice: Invoice, customer: Customer, terms: DraftTerms) -> None:
    """Price the lines by the one calculation and write the draft with them."""
    if not 0 <= terms.payment_days <= MOST_DAYS:
        raise FieldErrors({"payment_days": f"Give 0 to {MOST_DAYS} days to pay."})
    organization = invoice.organization
    priced = price(
        organization=organization,
        lines=terms.lines,
        currency_code=terms.currency,
        prices_include_tax=terms.prices_include_tax,
        discount_percent=terms.discount_percent,
        on=terms.supplied_on or clock.today(organization),
    )
    invoice.customer = customer
    invoice.currency = terms.currency
    invoice.language = customer.language
    invoice.prices_include_tax = terms.prices_include_tax
    invoice.discount_percent = terms.discount_percent
    invoice.notes, invoice.terms, invoice.reference = terms.notes, terms.terms, terms.reference
    invoice.payment_days, invoice.supplied_on = terms.payment_days, terms.supplied_on
    invoice.discount_minor = priced.totals.document_discount_minor
    invoice.net_minor = priced.totals.net_minor
    invoice.tax_minor = priced.totals.tax_minor
    invoice.total_minor = priced.totals.total_minor
    invoice.save()
    write_lines(invoice, priced)
