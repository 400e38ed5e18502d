"""What was agreed with the payer of one invoice."""

from __future__ import annotations

from django.db import models

from allsquare.identity.models import TenantModel


class PartTerms(TenantModel):
    """An invoice for which the organization's rule of payments in parts does not hold: they are ``allowed`` for
    this one, or not. A row beside the invoice, since that is frozen when it is issued, and its payer may ask later."""

    invoice = models.OneToOneField("billing.Invoice", on_delete=models.CASCADE, related_name="+")
    allowed = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "part_terms"
