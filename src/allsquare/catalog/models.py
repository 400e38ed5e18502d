"""Products and services with their prices."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from allsquare.catalog.words import ITEM_WORDS
from allsquare.core.fields import CurrencyField
from allsquare.identity.models import TenantModel


class Item(TenantModel):
    """Something sold. ``unit_price`` is a decimal in the currency's major unit, since prices may be finer than
    a cent; ``unit`` is a UN/ECE Recommendation 20 code (``C62`` piece, ``HUR`` hour)."""

    class Kind(models.TextChoices):
        PRODUCT = "product", _("Product")
        SERVICE = "service", _("Service")

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SERVICE)
    code = models.CharField(max_length=60, blank=True, default="")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    unit = models.CharField(max_length=3, default="C62")
    unit_price = models.DecimalField(max_digits=18, decimal_places=6)
    currency = CurrencyField()
    tax_category = models.CharField(max_length=3, default="S")
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "item"
        indexes = [
            models.Index(fields=["organization", "name", "id"], name="item_by_name"),
            models.Index(F("organization"), Lower("name"), F("id"), name="item_by_name_key"),
            models.Index(fields=["organization", "code", "id"], name="item_by_code"),
            models.Index(fields=["organization", "created_at", "id"], name="item_newest"),
            models.Index(fields=["organization", "currency", "unit_price", "id"], name="item_by_price"),
            GinIndex(ITEM_WORDS, name="item_by_words"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], condition=~models.Q(code=""), name="item_code_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
