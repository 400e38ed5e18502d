"""Money that was given up."""

from __future__ import annotations

from django.db import models

from allsquare.core.fields import CurrencyField, MinorField
from allsquare.identity.models import TenantFact


class WriteOff(TenantFact):
    """``amount_minor`` of an invoice is not expected any more; ``base_minor`` of it stood on the receivable account.
    ``tax_minor`` of it is tax that was taken back (``tax_relief``), the rest is a bad debt. A fact that takes an
    earlier one back names it and has its amounts negative. An invoice that is written off has nothing open: what
    facts are not taken back sum to what of it was never paid."""

    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, related_name="write_offs")
    amount_minor = MinorField()
    tax_minor = MinorField(default=0)
    base_minor = MinorField()
    currency = CurrencyField()
    tax_relief = models.BooleanField(default=False)
    takes_back = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="taken_back_by"
    )
    reason = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "write_off"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(takes_back__isnull=True, amount_minor__gt=0)
                | models.Q(takes_back__isnull=False, amount_minor__lt=0),
                name="write_off_sign",
            )
        ]
