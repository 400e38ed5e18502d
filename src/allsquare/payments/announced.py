"""How much a transfer that its payer announced should bring by now: since then a part may have come another way, or
have been credited, and nobody shall send what is not owed any more."""

from __future__ import annotations

from django.db.models import Sum

from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.states import OPEN_STATES
from allsquare.identity.models import Organization
from allsquare.payments.models import Allocation, Payment
from allsquare.payments.shares import shares_of


def still_owed(organization: Organization, payment: Payment) -> int:
    """Minor units. Who wanted to pay more than was open, to have it on account, wants that still. Of what no invoice
    asks for any more it is what was announced: that ends by itself. One query as a rule."""
    if payment.invoice is None:
        shares = shares_of(organization, payment)
        less = sum(max(share.amount_minor - _open(share.invoice), 0) for share in shares)
    else:
        over = payment.amount_minor - _open(payment.invoice)
        less = min(over, _covered_since(organization, payment)) if over > 0 else 0
    return payment.amount_minor - less if less < payment.amount_minor else payment.amount_minor


def _open(invoice: Invoice) -> int:
    return max(invoice.open_minor, 0) if invoice.state in OPEN_STATES else 0


def _covered_since(organization: Organization, payment: Payment) -> int:
    """What of its invoice was paid or credited since it was announced."""
    at = payment.created_at
    allocations = Allocation.objects.filter(
        organization=organization, invoice=payment.invoice, created_at__gt=at
    )
    notes = CreditNote.objects.filter(organization=organization, invoice=payment.invoice, created_at__gt=at)
    came = allocations.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    credited = notes.aggregate(sum=Sum("total_minor"))["sum"] or 0
    return max(came + credited, 0)
