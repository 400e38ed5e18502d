"""Whether an invoice may be paid in parts, as its payer may choose. The organization comes first."""

from __future__ import annotations

from collections.abc import Iterable

from allsquare.billing.models import Invoice
from allsquare.identity.models import Organization
from allsquare.payments.models import PartTerms, Payment
from allsquare.payments.selectors import payments_under_way
from allsquare.payments.span import Span, span
from allsquare.payments.under_way import is_under_way


def own_terms(organization: Organization, invoice: Invoice) -> bool | None:
    """What was agreed for this invoice alone; ``None`` where the organization's rule holds."""
    found = PartTerms.objects.filter(organization=organization, invoice=invoice).first()
    return None if found is None else found.allowed


def takes_parts(organization: Organization, invoice: Invoice) -> bool:
    own = own_terms(organization, invoice)
    return organization.part_payments if own is None else own


def span_of(organization: Organization, invoice: Invoice, others: Iterable[Payment] | None = None) -> Span:
    """``others`` are the invoice's payments where they are known already. One or two queries."""
    if others is None:
        others = payments_under_way(organization, [invoice.id])
    return span(
        total=invoice.due_minor,
        open_=invoice.open_minor,
        claimed=sum(payment.towards_minor for payment in others if is_under_way(payment)),
        parts=takes_parts(organization, invoice),
        least_percent=organization.least_part_percent,
        on_account=organization.on_account,
    )
