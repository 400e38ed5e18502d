"""Whether an invoice may be paid in parts, as its payer may choose. The organization comes first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

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
    return _span(organization, invoice, others, parts=takes_parts(organization, invoice))


def spans_of(
    organization: Organization, invoices: Sequence[Invoice], others: Sequence[Payment]
) -> dict[UUID, Span]:
    """For each of several invoices; ``others`` are their payments under way, those for several with their shares
    (``shares.with_shares``). One query."""
    agreed = PartTerms.objects.filter(organization=organization, invoice__in=invoices)
    own = dict(agreed.values_list("invoice_id", "allowed"))
    towards: dict[UUID, list[Payment]] = defaultdict(list)
    for payment in others:
        if payment.towards_id is not None:
            towards[payment.towards_id].append(payment)
    return {
        invoice.id: _span(
            organization,
            invoice,
            towards[invoice.id],
            parts=own.get(invoice.id, organization.part_payments),
        )
        for invoice in invoices
    }


def _span(organization: Organization, invoice: Invoice, others: Iterable[Payment], *, parts: bool) -> Span:
    return span(
        total=invoice.due_minor,
        open_=invoice.open_minor,
        claimed=sum(payment.towards_minor for payment in others if is_under_way(payment)),
        parts=parts,
        least_percent=organization.least_part_percent,
        on_account=organization.on_account,
    )
