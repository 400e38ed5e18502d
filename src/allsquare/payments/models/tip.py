"""What became of a tip that was given at a reader."""

from __future__ import annotations

from django.db import models

from allsquare.identity.models import TenantModel


class Tip(TenantModel):
    """The invoice that was written for the tip within a payment, once. How much it was says the customer credit that
    the payment left for that reason."""

    payment = models.OneToOneField("payments.Payment", on_delete=models.PROTECT, related_name="+")
    invoice = models.OneToOneField("billing.Invoice", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "payment_tip"
