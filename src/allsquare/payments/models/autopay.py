"""Invoices that are charged by themselves when they are due: the agreement, the plan, and each attempt."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from allsquare.core.fields import MinorField
from allsquare.identity.models import TenantModel


class AutopayPlan(TenantModel):
    """How an organization charges by itself: ``days`` after the due date, one attempt each, and how many days before
    the first one payers are told. Without a row the usual plan holds (``payments.autopay_plan``)."""

    days = ArrayField(models.PositiveSmallIntegerField())
    notice_days = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "autopay_plan"
        constraints = [models.UniqueConstraint(fields=["organization"], name="autopay_plan_once")]


class Autopay(TenantModel):
    """A customer agreed that invoices that fall due from ``from_day`` on are charged by themselves."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    consent = models.ForeignKey("payments.Consent", on_delete=models.PROTECT, related_name="+")
    from_day = models.DateField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autopay"
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(ended_at__isnull=True), name="autopay_once"
            )
        ]


class AutopayCharge(TenantModel):
    """One attempt, written before the provider is asked for it: ``key`` is the payment's key, so an attempt that is
    taken up twice is one payment. ``charged_on`` is the day in the organization's zone on which it was begun, and
    there is one a day at most. ``amount_minor`` and ``method`` are what was asked, kept so that a repeat after a crash
    asks the same. ``told_at`` is when the payer was told; nobody is charged untold. ``started_at`` of one that is still
    planned is when it was last put aside, its provider being down or somebody paying just then."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        STARTED = "started", _("being charged")
        CHARGED = "charged", _("charged")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("not needed")
        STOPPED = "stopped", _("stopped")

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, related_name="autopay_charges")
    number = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    planned_on = models.DateField()
    told_at = models.DateTimeField(null=True, blank=True)
    charged_on = models.DateField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    method = models.ForeignKey(
        "payments.PaymentMethod", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    amount_minor = MinorField(default=0)
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=60, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "autopay_charge"
        indexes = [
            models.Index(
                fields=["organization", "planned_on", "id"],
                condition=models.Q(state__in=["planned", "started"]),
                name="autopay_charge_open",
            ),
            models.Index(fields=["organization", "-id"], name="autopay_charge_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "number"], name="autopay_charge_number"),
            models.UniqueConstraint(fields=["organization", "key"], name="autopay_charge_key"),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=models.Q(state__in=["planned", "started"]),
                name="autopay_charge_open_once",
            ),
            models.UniqueConstraint(
                fields=["invoice", "charged_on"],
                condition=models.Q(charged_on__isnull=False),
                name="autopay_charge_once_a_day",
            ),
        ]
