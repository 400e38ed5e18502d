"""Accounts, periods and exchange rates."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from allsquare.core.fields import CurrencyField
from allsquare.identity.models import TenantModel


class Account(TenantModel):
    """``role`` says what the programme uses the account for (see ``ledger.chart``); ``detail`` tells apart several
    accounts of one role, such as the clearing account of each gateway account."""

    class Kind(models.TextChoices):
        ASSET = "asset", _("Asset")
        LIABILITY = "liability", _("Liability")
        EQUITY = "equity", _("Equity")
        INCOME = "income", _("Income")
        EXPENSE = "expense", _("Expense")

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    role = models.CharField(max_length=40, blank=True, default="")
    detail = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "account"
        constraints = [
            models.UniqueConstraint(fields=["organization", "code"], name="account_code_once"),
            models.UniqueConstraint(
                fields=["organization", "role", "detail"],
                condition=~models.Q(role=""),
                name="account_role_once",
            ),
        ]
        # Lines name their account without a foreign key (see ``journal``), so what is booked to keeps for good.
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Period(TenantModel):
    """A span of booking dates, both inclusive. Once ``closed_at`` is set the database refuses entries in it."""

    starts_on = models.DateField()
    ends_on = models.DateField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "period"
        constraints = [
            models.UniqueConstraint(fields=["organization", "starts_on"], name="period_start_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="period_dates"
            ),
        ]


class ExchangeRate(TenantModel):
    """``rate`` units of the base currency for one unit of ``currency``, from ``valid_on`` until the next row."""

    currency = CurrencyField()
    valid_on = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        db_table = "exchange_rate"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "currency", "valid_on"], name="exchange_rate_once"
            ),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="exchange_rate_positive"),
        ]
