"""Rules that say which accounts take a payment."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from allsquare.core.fields import CurrencyField
from allsquare.identity.models import TenantModel


class PaymentRoute(TenantModel):
    """One rule (``payments.routing.Rule``); those of an organization are asked in the order of ``place``. What is empty
    is no condition. ``accounts`` are ids of gateway accounts, which are never deleted."""

    place = models.PositiveSmallIntegerField()
    currency = CurrencyField(blank=True, default="")
    method = models.CharField(max_length=20, blank=True, default="")
    least_minor = models.BigIntegerField(null=True, blank=True)
    most_minor = models.BigIntegerField(null=True, blank=True)
    group = models.ForeignKey(
        "customers.CustomerGroup",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    accounts = ArrayField(models.UUIDField())
    created_at = models.DateTimeField()

    class Meta:
        db_table = "payment_route"
        indexes = [models.Index(fields=["organization", "place", "id"], name="payment_route_in_order")]
