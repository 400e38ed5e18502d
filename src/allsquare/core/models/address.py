"""From which network addresses payers did something, for as long as an organization remembers them."""

from __future__ import annotations

from django.db import models


class PayerAddress(models.Model):
    """``subject_id`` is the event or the consent. Apart from those, which are never changed: this is deleted when its
    time is over (``core.payer_addresses``)."""

    subject_id = models.UUIDField(primary_key=True)
    organization_id = models.UUIDField()
    address = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "payer_address"
        indexes = [models.Index(fields=["organization_id", "at"], name="payer_address_by_time")]
