"""Append-only facts: what counts towards which invoice, and what customers have to their credit."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allsquare.core.fields import CurrencyField, MinorField
from allsquare.identity.models import TenantFact


class Allocation(TenantFact):
    """``amount_minor`` of a payment counted towards an invoice; negative when a refund, a lost dispute or a bounced
    debit takes it back. ``base_minor`` is what was taken off the receivable in base currency. ``source_id`` is
    the payment, refund, dispute, use of credit or freed part (``Freed``) that caused it."""

    payment = models.ForeignKey("payments.Payment", on_delete=models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, related_name="allocations")
    amount_minor = MinorField()
    base_minor = MinorField()
    currency = CurrencyField()
    source_id = models.UUIDField()
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "allocation"
        constraints = [models.UniqueConstraint(fields=["source_id", "invoice"], name="allocation_once")]


class CreditMovement(TenantFact):
    """Customer credit that came (positive) or went (negative): an overpayment, money for a void invoice, its refund,
    its use for another invoice."""

    class Reason(models.TextChoices):
        OVERPAYMENT = "overpayment", _("Overpayment")
        VOID_INVOICE = "void_invoice", _("Money for a void invoice")
        WRITTEN_OFF = "written_off", _("Money for an invoice that is written off")
        ON_ACCOUNT = "on_account", _("Paid on account")
        USED = "used", _("Used for an invoice")
        REFUND = "refund", _("Refund")
        REFUND_FAILED = "refund_failed", _("Refund that failed later")
        DISPUTE = "dispute", _("Dispute lost")
        CREDIT_NOTE = "credit_note", _("Paid, then credited")
        TIP = "tip", _("Tip at a reader")

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="credit_movements"
    )
    payment = models.ForeignKey("payments.Payment", on_delete=models.PROTECT, related_name="credit_movements")
    amount_minor = MinorField()
    base_minor = MinorField()
    currency = CurrencyField()
    reason = models.CharField(max_length=20, choices=Reason.choices)
    source_id = models.UUIDField()
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "credit_movement"
        indexes = [models.Index(fields=["organization", "customer", "id"], name="credit_by_customer")]
        constraints = [models.UniqueConstraint(fields=["source_id", "reason"], name="credit_movement_once")]


class Conversion(TenantFact):
    """A provider turned money into the currency of its account: ``amount_minor`` that stood there by the entry ``kind``
    of ``source_id``, as the books had it, became ``into_minor``. Both are below zero where money went. ``fee_minor`` is
    what it had kept before, where it took that in this currency. Of a payout it is what arrives at our bank."""

    gateway_account = models.ForeignKey("payments.GatewayAccount", on_delete=models.PROTECT, related_name="+")
    source_type = models.CharField(max_length=20)
    source_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    currency = CurrencyField()
    amount_minor = MinorField()
    into_currency = CurrencyField()
    into_minor = MinorField()
    fee_minor = MinorField(default=0)
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "conversion"
        indexes = [models.Index(fields=["organization", "gateway_account"], name="conversion_by_account")]
        constraints = [models.UniqueConstraint(fields=["source_id", "kind"], name="conversion_once")]


class Freed(TenantFact):
    """A credit note left an invoice paid too much: ``amount_minor`` of this payment counts towards it no more and is
    customer credit. The id is the source of both movements and of their booking."""

    credit_note = models.ForeignKey("billing.CreditNote", on_delete=models.PROTECT, related_name="freed")
    payment = models.ForeignKey("payments.Payment", on_delete=models.PROTECT, related_name="freed")
    amount_minor = MinorField()
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "freed"
        constraints = [
            models.UniqueConstraint(fields=["credit_note", "payment"], name="freed_once"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="freed_sign"),
        ]
