"""Accounts at payment providers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from allsquare.core.encryption import EncryptedTextField
from allsquare.identity.models import TenantModel


class GatewayAccount(TenantModel):
    """The organization's account at a provider. ``gateway`` is the adapter's registered name; ``settings`` is JSON
    of the adapter's settings schema, encrypted whole. ``methods`` are the ways to pay that are offered: all of the
    adapter's, when nobody chose."""

    gateway = models.CharField(max_length=32)
    label = models.CharField(max_length=100)
    settings = EncryptedTextField(default="{}")
    methods = ArrayField(models.CharField(max_length=20), null=True, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    #: When it was added, or got the keys of another account there, by the machine's time: what its provider did before
    #: is none of ours. ``created_at`` is by the organization's time. Older versions did not write it down.
    added_at = models.DateTimeField(null=True, blank=True)
    #: Which account at the provider it is (``Gateway.identity``); none, as long as the provider did not say it: that is
    #: no name that two could have.
    identity = models.CharField(max_length=200, null=True, blank=True)
    #: Set by a restore: what happened at the provider since then must be asked for before money moves through it.
    unknown_since = models.DateTimeField(null=True, blank=True)
    #: The provider was asked what happened up to here, and will be asked again then; both by the machine's time.
    history_until = models.DateTimeField(null=True, blank=True)
    history_due_at = models.DateTimeField(null=True, blank=True)
    #: Its health (``payments.health``), by the machine's time: written when it changes and when it is tried, never for
    #: a payment that goes well.
    down_since = models.DateTimeField(null=True, blank=True)
    probe_at = models.DateTimeField(null=True, blank=True)
    probes = models.PositiveSmallIntegerField(default=0, db_default=0)
    up_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "gateway_account"
        constraints = [
            models.UniqueConstraint(fields=["organization", "label"], name="gateway_account_label_once"),
            models.UniqueConstraint(fields=["gateway", "identity"], name="gateway_account_identity_once"),
        ]

    def __str__(self) -> str:
        return self.label


class GatewayTrouble(TenantModel):
    """An attempt to which an account had no answer: ``status`` says whether it surely did not arrive or may have. Rows
    are few: when an account is known to be down, only probes add to them, and they go when a day is over."""

    gateway_account = models.ForeignKey(
        GatewayAccount, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    attempt_id = models.UUIDField()
    status = models.CharField(max_length=16)
    code = models.CharField(max_length=60, blank=True, default="")
    message = models.TextField(blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "gateway_trouble"
        indexes = [
            models.Index(fields=["organization", "gateway_account", "at"], name="gateway_trouble_by_time")
        ]
        constraints = [models.UniqueConstraint(fields=["attempt_id"], name="gateway_trouble_once")]
