"""Where a payer sends a transfer to that a provider takes."""

from __future__ import annotations

from django.db import models

from allsquare.core.fields import MinorField
from allsquare.identity.models import TenantModel


class TransferSlip(TenantModel):
    """What the provider said of a payment that its payer sends by themselves: ``remaining_minor`` of it, in its
    currency, is still to come. ``rows`` are pairs of a label in English and the text to copy; ``url`` is the provider's
    own page about it. A row beside the payment, since few payments have one."""

    payment = models.OneToOneField("payments.Payment", on_delete=models.CASCADE, related_name="+")
    remaining_minor = MinorField()
    rows = models.JSONField(default=list)
    reference = models.CharField(max_length=140, blank=True, default="")
    holder = models.CharField(max_length=140, blank=True, default="")
    iban = models.CharField(max_length=34, blank=True, default="")
    bic = models.CharField(max_length=11, blank=True, default="")
    url = models.TextField(blank=True, default="")
    told_at = models.DateTimeField()

    class Meta:
        db_table = "transfer_slip"
