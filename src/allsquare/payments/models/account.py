"""Accounts at payment providers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from allsquare.core.encryption import EncryptedTextField
from allsquare.identity.models import TenantModel


class GatewayAccount(TenantModel):
    """The organization's account at a provider. ``gateway`` is the adapter's registered name; ``settings`` is JSON
    of the adapter's settings schema, encrypted whole. ``methods`` are the ways to
    pay that are offered: all of the adapter's, when nobody chose."""

    gateway = models.CharField(max_length=32)
    label = models.CharField(max_length=100)
    settings = EncryptedTextField(default="{}")
    methods = ArrayField(models.CharField(max_length=20), null=True, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    #: Set by a restore: what happened at the provider since then must be asked for before money moves through it.
    unknown_since = models.DateTimeField(null=True, blank=True)
    #: The provider was asked what happened up to here, and will be asked again then; both by the machine's time.
    history_until = models.DateTimeField(null=True, blank=True)
    history_due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "gateway_account"
        constraints = [
            models.UniqueConstraint(fields=["organization", "label"], name="gateway_account_label_once")
        ]

    def __str__(self) -> str:
        return self.label
