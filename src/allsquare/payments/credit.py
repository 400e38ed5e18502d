"""Credit of a customer that can pay invoices, and what it paid. The organization comes first."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F, Q, Sum

from allsquare.billing.models import Invoice
from allsquare.identity.models import Organization
from allsquare.payments.models import Allocation, CreditMovement, Payment
from allsquare.payments.shares import has_share


def payments_with_credit(organization: Organization, customer_id: UUID, currency: str) -> list[Payment]:
    """Payments that left credit which is still there, the oldest first. One query."""
    left = (
        CreditMovement.objects.filter(organization=organization, customer_id=customer_id, currency=currency)
        .values("payment_id")
        .annotate(total=Sum("amount_minor"))
        .filter(total__gt=0)
    )
    return list(
        Payment.objects.filter(organization=organization, id__in=left.values("payment_id"))
        .select_related("gateway_account")
        .order_by("id")
    )


def usable_credit(organization: Organization, customer_id: UUID, currency: str) -> int:
    """What of the customer's credit can pay an invoice: without what is on its way back or disputed. One query."""
    rows = (
        CreditMovement.objects.filter(organization=organization, customer_id=customer_id, currency=currency)
        .values("payment_id")
        .annotate(
            credit=Sum("amount_minor"),
            left=F("payment__captured_minor")
            - F("payment__refunded_minor")
            - F("payment__refunding_minor")
            - F("payment__disputed_minor"),
        )
    )
    return sum(max(min(row["credit"], row["left"]), 0) for row in rows)


def uses_of_credit(organization: Organization, invoice: Invoice) -> list[Allocation]:
    """What credit of the customer paid of the invoice, and what of that was taken back; oldest first."""
    uses = CreditMovement.objects.filter(
        organization=organization, customer_id=invoice.customer_id, reason=CreditMovement.Reason.USED
    )
    found = Allocation.objects.filter(organization=organization, invoice=invoice)
    elsewhere = (Q(payment__invoice__isnull=True) | ~Q(payment__invoice=invoice)) & ~has_share(
        organization, "payment_id", invoice.id
    )
    return list(
        found.filter(elsewhere | Q(source_id__in=uses.values("source_id")))
        .select_related("payment__invoice")
        .order_by("id")[:100]
    )
