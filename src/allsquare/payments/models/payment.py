"""Payments and their attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models

from allsquare.core.fields import CurrencyField, MinorField
from allsquare.identity.models import TenantModel
from allsquare.payments.amounts import left
from allsquare.payments.states import CHOICES, shown_state

if TYPE_CHECKING:
    from allsquare.payments.models.share import PaymentShare


class Payment(TenantModel):
    """One intent to pay. ``key`` with ``input_hash`` makes a repeat of the request harmless; ``reference`` is the
    provider's name of the charge. ``captured_minor``, ``fee_minor`` (what came, before the provider's fee, and
    that fee), ``refunded_minor`` and ``disputed_minor`` are caches of the facts; ``refunding_minor`` is what
    refunds under way hold reserved, so that refunds never exceed the capture. ``reader`` is what people call the reader
    in the shop to which the card is held; empty for every other payment."""

    #: Where payments of an invoice were asked for: what of this one is for it, when it is for several.
    share: PaymentShare | None = None

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    invoice = models.ForeignKey(
        "billing.Invoice", on_delete=models.PROTECT, null=True, blank=True, related_name="payments"
    )
    gateway_account = models.ForeignKey(
        "payments.GatewayAccount", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    gateway = models.CharField(max_length=32)
    method = models.CharField(max_length=20)
    currency = CurrencyField()
    amount_minor = MinorField()
    state = models.CharField(max_length=16, choices=CHOICES, default="started")
    reference = models.CharField(max_length=120, null=True, blank=True)
    key = models.CharField(max_length=200)
    input_hash = models.BinaryField()
    captured_minor = MinorField(default=0)
    fee_minor = MinorField(default=0)
    refunded_minor = MinorField(default=0)
    refunding_minor = MinorField(default=0)
    disputed_minor = MinorField(default=0)
    redirect = models.TextField(blank=True, default="")
    failure_code = models.CharField(max_length=60, blank=True, default="")
    failure_message = models.TextField(blank=True, default="")
    method_brand = models.CharField(max_length=40, blank=True, default="")
    method_last_four = models.CharField(max_length=4, blank=True, default="")
    received_on = models.DateField(null=True, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True, default="")
    reader = models.CharField(max_length=80, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True)
    checks = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "payment"
        indexes = [
            models.Index(fields=["organization", "-id"], name="payment_newest"),
            models.Index(fields=["organization", "customer", "id"], name="payment_by_customer"),
            # With what the first page sums by day. The day comes with the state and the amount, at settlement.
            models.Index(
                fields=["organization", "received_on", "id"],
                include=["state", "currency", "captured_minor"],
                name="payment_by_day",
            ),
            # What is common is found by walking; what is rare, by an index that what is common does not pay for.
            models.Index(
                fields=["organization", "state", "id"],
                condition=~models.Q(state="succeeded"),
                name="payment_not_succeeded",
            ),
            models.Index(
                fields=["organization", "method", "id"],
                condition=~models.Q(method__in=["card", "bank_transfer"]),
                name="payment_by_rare_method",
            ),
            models.Index(fields=["organization", "currency", "amount_minor", "id"], name="payment_by_amount"),
            models.Index(
                fields=["next_check_at"],
                condition=models.Q(next_check_at__isnull=False),
                name="payment_to_check",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="payment_key_once"),
            models.UniqueConstraint(
                fields=["gateway_account", "reference"],
                condition=models.Q(reference__isnull=False),
                name="payment_reference_once",
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(refunded_minor__gte=0)
                & models.Q(refunding_minor__gte=0)
                & models.Q(captured_minor__gte=models.F("refunded_minor") + models.F("refunding_minor")),
                name="payment_refunds_within_capture",
            ),
        ]

    @property
    def towards_id(self) -> UUID | None:
        """The invoice that was asked about, or the one that this is for."""
        return self.share.invoice_id if self.share else self.invoice_id

    @property
    def towards_minor(self) -> int:
        """What of the amount is for that invoice."""
        return self.share.amount_minor if self.share else self.amount_minor

    @property
    def shown_state(self) -> str:
        """See ``payments.states``."""
        return shown_state(
            self.state,
            captured_minor=self.captured_minor,
            refunded_minor=self.refunded_minor,
            disputed_minor=self.disputed_minor,
        )

    @property
    def left_minor(self) -> int:
        """What could still be given back."""
        return left(self.captured_minor, self.refunded_minor, self.refunding_minor, self.disputed_minor)


class PaymentAttempt(TenantModel):
    """One request to the provider. The row is committed before the call, and its id is the idempotency key."""

    payment = models.ForeignKey(  # found by the index of ``payment_attempt_number``
        Payment, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    number = models.PositiveSmallIntegerField(default=1)
    request = models.JSONField(
        default=dict
    )  # what was asked, so that it can be asked again under the same key
    status = models.CharField(max_length=16, blank=True, default="")  # a gateway.Status once answered
    code = models.CharField(max_length=60, blank=True, default="")
    message = models.TextField(blank=True, default="")
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    #: Whom it did not reach, when the payment was moved to another account after it; else it is the payment's.
    gateway_account = models.ForeignKey(
        "payments.GatewayAccount",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    #: The request is sent once more under its key: from now on it may arrive, so it is not made anew elsewhere.
    repeated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "payment_attempt"
        constraints = [models.UniqueConstraint(fields=["payment", "number"], name="payment_attempt_number")]
