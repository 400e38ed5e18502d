"""Tips that were given at a reader, within payments of invoices."""

from __future__ import annotations

from django.db.models import Sum

from allsquare.identity.models import Organization
from allsquare.payments.models import CreditMovement, Payment, Tip


def tip_minor(organization: Organization, payment: Payment) -> int:
    """What of the payment was a tip; nothing for most."""
    given = CreditMovement.objects.filter(
        organization=organization, source_id=payment.id, reason=CreditMovement.Reason.TIP
    )
    return given.aggregate(total=Sum("amount_minor"))["total"] or 0


def tip_of(organization: Organization, payment: Payment) -> Tip | None:
    """The tip within the payment, once it has its invoice."""
    return Tip.objects.filter(organization=organization, payment=payment).select_related("invoice").first()
