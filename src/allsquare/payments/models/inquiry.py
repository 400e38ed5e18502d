"""Long questions to a provider: what it knows of a time compared with what is known here, or its news once more."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allsquare.identity.models import TenantModel
from allsquare.payments.states import InquiryState


class Inquiry(TenantModel):
    """``place`` is how far it is between ``begins_at`` and ``ends_at``, by the machine's time, as a provider counts:
    whoever takes over goes on there. ``objects_seen`` are those that were looked at, or pieces of news; ``found``
    differences, or news that was not here; ``mended`` differences that are none any more."""

    class Kind(models.TextChoices):
        COMPARE = "compare", _("Compared with the provider")
        REPLAY = "replay", _("News asked for once more")

    gateway_account = models.ForeignKey("payments.GatewayAccount", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    mend = models.BooleanField(default=False)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in InquiryState], default="queued"
    )
    place = models.DateTimeField()
    objects_seen = models.BigIntegerField(default=0)
    found = models.BigIntegerField(default=0)
    mended = models.BigIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "gateway_inquiry"
        indexes = [models.Index(fields=["organization", "gateway_account", "-id"], name="inquiry_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway_account", "kind"],
                condition=models.Q(state__in=["queued", "running"]),
                name="inquiry_one_at_a_time",
            )
        ]


class Difference(TenantModel):
    """Where a provider and these books do not say the same of one object. ``ours`` and ``theirs`` are what either says
    (state, amount_minor, fee_minor, currency; empty where it does not know it), ``reason`` why it stays."""

    class Kind(models.TextChoices):
        MISSING_HERE = "missing_here", _("Not known here")
        MISSING_THERE = "missing_there", _("Not known at the provider")
        STATE = "state", _("Another state")
        AMOUNT = "amount", _("Another amount")
        FEE = "fee", _("Another fee")
        CONTENTS = "contents", _("Other contents")

    class Subject(models.TextChoices):
        CHARGE = "charge", _("Payment")
        REFUND = "refund", _("Refund")
        DISPUTE = "dispute", _("Dispute")
        PAYOUT = "payout", _("Payout")

    inquiry = models.ForeignKey(Inquiry, on_delete=models.CASCADE, related_name="differences", db_index=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    subject = models.CharField(max_length=10, choices=Subject.choices)
    reference = models.CharField(max_length=120)
    subject_id = models.UUIDField(null=True, blank=True)
    payment_id = models.UUIDField(null=True, blank=True)
    ours = models.JSONField(default=dict, blank=True)
    theirs = models.JSONField(default=dict, blank=True)
    mended = models.BooleanField(default=False)
    reason = models.TextField(blank=True, default="")

    class Meta:
        db_table = "gateway_difference"
        constraints = [
            models.UniqueConstraint(
                fields=["inquiry", "subject", "reference", "kind"], name="difference_once"
            )
        ]
