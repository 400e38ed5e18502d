"""Sums of journal lines by account and day, so that a balance need not add up every line there ever was."""

from __future__ import annotations

from django.db import models

from allsquare.core.fields import CurrencyField, MinorField, TransactionIdField


class AccountDay(models.Model):
    """What the lines of one account, currency and booking date sum to, as far as ``AccountDayMark`` says.

    A cache: ``allsquare verify`` recomputes it from the lines. Nothing on the way of a payment writes it. No foreign
    keys: lines have asked for organization and account.
    """

    pk = models.CompositePrimaryKey("organization_id", "account_id", "currency", "date")
    organization_id = models.UUIDField()
    account_id = models.UUIDField()
    currency = CurrencyField()
    date = models.DateField()
    base_minor = MinorField()
    amount_minor = MinorField()

    class Meta:
        db_table = "account_day"


class AccountDayMark(models.Model):
    """``account_day`` holds the lines of every transaction before ``xact``; what came since is added by who reads."""

    organization_id = models.UUIDField(primary_key=True)
    xact = TransactionIdField(default="0")

    class Meta:
        db_table = "account_day_mark"
