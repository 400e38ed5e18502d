"""What creating and changing a draft share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import InvoiceUnknown, NotADraft
from allsquare.billing.lines import LineInput, PricedLines, checked, price
from allsquare.billing.models import Invoice
from allsquare.core import checks, clock
from allsquare.core.errors import FieldErrors
from allsquare.core.idempotency import input_hash
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.tax.models import TaxRate

#: The longest time to pay that a form takes; directive 2011/7/EU calls more than 60 days unusual.
MOST_DAYS = 365

_MARKED = (
    "customer_id", "currency", "prices_include_tax", "discount_percent", "notes", "terms", "reference", "payment_days",
    "supplied_on",
)  # fmt: skip
_MARKED_OF_LINES = (
    "item_id", "description", "quantity", "unit", "unit_price", "discount_percent", "tax_category", "tax_percent",
)  # fmt: skip


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
    payment_days: int | None
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
        raise InvoiceUnknown(_("There is no such invoice."))
    if found.state != "draft":
        raise NotADraft(
            _("Invoice %(number)s was issued and is frozen. Void it and write a new one.")
            % {"number": found.number},
            number=found.number,
        )
    return found


def draft_mark(invoice: Invoice) -> str:
    """Another text whenever something of the draft is another: tells who opened it that it was changed meanwhile.

    Read from the database, where a figure has the decimals of its column, whatever was typed. Two queries.
    """
    rows = Invoice.objects.filter(organization=invoice.organization_id, id=invoice.id)
    head = [str(value) for value in rows.values_list(*_MARKED).get()]
    lines = invoice.lines.order_by("position").values_list(*_MARKED_OF_LINES)
    return input_hash({"head": head, "lines": [[str(value) for value in line] for line in lines]}).hex()


def fill_draft(
    invoice: Invoice, customer: Customer, terms: DraftTerms, rates: Sequence[TaxRate]
) -> PricedLines:
    """Check everything together and price the lines by the one calculation; the draft is ready to be written.

    Raises ``FieldErrors``, or what ``billing.lines.price`` raises.
    """
    organization = invoice.organization
    _fill(invoice, customer, terms)
    errors = _problems(invoice)
    lines, wrong_lines = checked(organization, terms.lines)
    if errors or wrong_lines:
        raise FieldErrors(errors | wrong_lines)
    priced = price(
        organization=organization,
        lines=lines,
        rates=rates,
        currency_code=invoice.currency,
        prices_include_tax=invoice.prices_include_tax,
        discount_percent=invoice.discount_percent,
        on=invoice.supplied_on or clock.today(organization),
    )
    invoice.discount_minor = priced.totals.document_discount_minor
    invoice.net_minor = priced.totals.net_minor
    invoice.tax_minor = priced.totals.tax_minor
    invoice.total_minor = priced.totals.total_minor
    return priced


def _fill(invoice: Invoice, customer: Customer, terms: DraftTerms) -> None:
    invoice.customer = customer
    invoice.currency = terms.currency
    invoice.language = customer.language
    invoice.prices_include_tax = terms.prices_include_tax
    invoice.discount_percent = terms.discount_percent
    invoice.notes, invoice.terms, invoice.reference = terms.notes, terms.terms, terms.reference
    offered = (terms.payment_days, customer.payment_days, invoice.organization.payment_days)
    invoice.payment_days = next(days for days in offered if days is not None)
    invoice.supplied_on = terms.supplied_on


def _problems(invoice: Invoice) -> dict[str, str]:
    errors = checks.problems(invoice, {"currency": checks.money_code})
    if not 0 <= invoice.payment_days <= MOST_DAYS:
        errors["payment_days"] = _("Give 0 to %(most)s days to pay.") % {"most": MOST_DAYS}
    return errors
