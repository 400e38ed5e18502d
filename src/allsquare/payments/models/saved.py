"""Methods that payers let a provider keep, and what they agreed to."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allsquare.core.encryption import EncryptedTextField
from allsquare.identity.models import TenantFact, TenantModel


class PaymentMethod(TenantModel):
    """A saved method: the provider's token, and what a person may see of it. Never a card number.

    ``mandate`` is the reference under which the payer's bank knows the permission to debit. ``saved_by`` is the payment
    with which it was saved; its consent stands in ``Consent``. ``told_at`` is when the provider says that it changed
    last, ``warned_of`` the expiry that its payer was told of. ``forgotten_at`` is when the provider said that it
    keeps a removed one no longer.
    """

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="payment_methods"
    )
    gateway_account = models.ForeignKey("payments.GatewayAccount", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    token = models.CharField(max_length=120)
    brand = models.CharField(max_length=40, blank=True, default="")
    last_four = models.CharField(max_length=4, blank=True, default="")
    expires = models.CharField(max_length=7, blank=True, default="")
    mandate = models.CharField(max_length=60, blank=True, default="", db_default="")
    saved_by = models.UUIDField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    warned_of = models.CharField(max_length=7, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "payment_method"
        constraints = [
            models.UniqueConstraint(fields=["gateway_account", "token"], name="payment_method_token_once")
        ]


class DefaultMethod(TenantModel):
    """Which of a customer's saved methods comes first. Where no row says so, it is the newest."""

    customer = models.OneToOneField("customers.Customer", on_delete=models.CASCADE, related_name="+")
    method = models.ForeignKey(PaymentMethod, on_delete=models.CASCADE, related_name="+")

    class Meta:
        db_table = "default_payment_method"


class Consent(TenantFact):
    """What a customer agreed to: ``text`` in the very words that they saw, by whom, when and from where. ``payment`` is
    the one with which they agreed, if any; ``note`` is how a colleague heard of it."""

    class Kind(models.TextChoices):
        KEEP = "keep", _("Keep a card")
        MANDATE = "mandate", _("Debit a bank account")
        AUTOPAY = "autopay", _("Charge invoices when they are due")

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField()
    language = models.CharField(max_length=12)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=200)
    address = models.CharField(max_length=64, blank=True, default="")
    request = models.CharField(max_length=64, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "payment_consent"


class MethodLink(TenantModel):
    """A short-lived secret address under which a customer changes their saved methods, or sees and pays all that is
    open. It is mailed to the address that the business knows and shown nowhere: who holds an invoice's link alone can
    change nothing, and sees nothing of other invoices."""

    class Purpose(models.TextChoices):
        METHODS = "methods", _("Change saved payment methods")
        OPEN = "open", _("Pay what is open")

    purpose = models.CharField(
        max_length=10, choices=Purpose.choices, default=Purpose.METHODS, db_default="methods"
    )
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    token_hash = models.BinaryField(unique=True)
    token = EncryptedTextField()
    language = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "method_link"
