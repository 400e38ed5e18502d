"""Which invoices a payment is for, where it is for several."""

from __future__ import annotations

from django.db import models

from allsquare.core.fields import MinorField
from allsquare.identity.models import TenantFact


class PaymentShare(TenantFact):
    """``amount_minor`` of a payment is meant for this invoice, as its payer chose it when the payment was begun. The
    shares of a payment sum to what it asks for, in its currency; a payment for one invoice has none, and names the
    invoice itself. What really counted towards an invoice stands in ``Allocation``. ``place`` is the order in which
    invoices are paid where less comes than was asked for."""

    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, related_name="shares", db_index=False
    )  # the constraint below has it first
    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, related_name="payment_shares")
    amount_minor = MinorField()
    place = models.PositiveSmallIntegerField()

    class Meta(TenantFact.Meta):
        db_table = "payment_share"
        constraints = [
            models.UniqueConstraint(fields=["payment", "invoice"], name="payment_share_once"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payment_share_sign"),
        ]
