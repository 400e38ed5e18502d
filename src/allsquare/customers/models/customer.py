"""Companies and people who buy."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from allsquare.core.fields import CurrencyField
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import TenantModel


class Customer(TenantModel):
    """A company or a person. ``email`` is where mails go that no contact is to get; ``currency`` and ``language`` are
    what they get, ``payment_days`` how long they have (nothing: as the organization says)."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("Company")
        PERSON = "person", _("Person")

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.COMPANY)
    name = models.CharField(max_length=200)
    contact_name = models.CharField(max_length=200, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    street = models.CharField(max_length=200, blank=True, default="")
    postal_code = models.CharField(max_length=20, blank=True, default="")
    city = models.CharField(max_length=100, blank=True, default="")
    region = models.CharField(max_length=100, blank=True, default="")
    country = models.CharField(max_length=2)
    tax_id = models.CharField(max_length=40, blank=True, default="")
    language = models.CharField(max_length=12)
    currency = CurrencyField()
    payment_days = models.PositiveSmallIntegerField(null=True, blank=True)
    group = models.ForeignKey(
        "customers.CustomerGroup",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    pinned_note = models.ForeignKey(
        "customers.CustomerNote",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "customer"
        indexes = [
            models.Index(fields=["organization", "name", "id"], name="customer_by_name"),
            models.Index(fields=["organization", "email"], name="customer_by_email"),
            models.Index(F("organization"), Lower("name"), F("id"), name="customer_by_name_key"),
            models.Index(fields=["organization", "created_at", "id"], name="customer_newest"),
            models.Index(
                fields=["organization", "group", "id"],
                condition=models.Q(group__isnull=False),
                name="customer_by_group",
            ),
            GinIndex(CUSTOMER_WORDS, name="customer_by_words"),
        ]

    def __str__(self) -> str:
        return self.name
