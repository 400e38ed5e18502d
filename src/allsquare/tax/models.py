"""Tax rates with validity dates."""

from __future__ import annotations

from datetime import date

from django.db import models

from allsquare.identity.models import TenantModel


class TaxRate(TenantModel):
    """``percent`` for one country and tax category (UNCL5305 code) from ``valid_from`` to ``valid_until``, both
    inclusive; ``name`` is what lists show, such as "VAT 19 %". An invoice takes the rate of its tax point."""

    name = models.CharField(max_length=60)
    country = models.CharField(max_length=2)
    category = models.CharField(max_length=3, default="S")
    percent = models.DecimalField(max_digits=7, decimal_places=4)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "tax_rate"
        indexes = [
            models.Index(fields=["organization", "country", "category", "valid_from"], name="tax_rate_find")
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent__gte=0) & models.Q(percent__lte=100), name="tax_rate_percent"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="tax_rate_dates",
            ),
        ]

    def is_valid(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)
