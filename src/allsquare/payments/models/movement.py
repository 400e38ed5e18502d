"""What moves a provider's account beside payments, refunds, disputes and payouts."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from allsquare.core.fields import CurrencyField, MinorField
from allsquare.identity.models import TenantFact, TenantModel
from allsquare.payments.gateway_abilities import MovementKind
from allsquare.payments.words import MOVEMENT_WORDS


class ProviderMovement(TenantFact):
    """``amount_minor`` came to the account at the provider on ``moved_on``, its day; below zero, it went. ``account``
    is the other side in the books, and ``base_minor`` what it moved on the clearing account in base currency. It is
    taken back by its opposite, which names it (``reverses``).

    ``reference`` is its name at the provider, if somebody said it: it is recorded once, and with the next number of
    ``turn`` again after it was taken back."""

    class Kind(models.TextChoices):
        FEE = MovementKind.FEE.value, _("Fee")
        SPENT = MovementKind.SPENT.value, _("Paid from the balance")
        BANK = MovementKind.BANK.value, _("To or from the bank")
        EXCHANGE = MovementKind.EXCHANGE.value, _("Currency exchange")
        ADJUSTMENT = MovementKind.ADJUSTMENT.value, _("Adjustment")

    class Source(models.TextChoices):
        PERSON = "person", _("Entered by a person")
        PROVIDER = "provider", _("Told by the provider")

    gateway_account = models.ForeignKey("payments.GatewayAccount", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey("ledger.Account", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PERSON)
    currency = CurrencyField()
    amount_minor = MinorField()
    base_minor = MinorField()
    moved_on = models.DateField()
    memo = models.CharField(max_length=200)
    reference = models.CharField(max_length=120, blank=True, default="")
    turn = models.PositiveSmallIntegerField(default=1)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal"
    )
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "provider_movement"
        indexes = [
            models.Index(fields=["organization", "moved_on", "id"], name="movement_by_day"),
            models.Index(fields=["organization", "-id"], name="movement_newest"),
            models.Index(
                fields=["organization", "currency", "amount_minor", "id"], name="movement_by_amount"
            ),
            GinIndex(MOVEMENT_WORDS, name="movement_by_words"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway_account", "reference", "turn"],
                condition=~models.Q(reference=""),
                name="movement_reference_once",
            ),
            models.CheckConstraint(condition=~models.Q(amount_minor=0), name="movement_of_something"),
        ]

    @property
    def state(self) -> str:
        """``reversal`` of what takes another back, ``reversed`` once it is taken back itself."""
        if self.reverses_id is not None:
            return "reversal"
        return "reversed" if getattr(self, "reversal", None) is not None else "recorded"


class ListedMovement(TenantModel):
    """The provider lists a movement: a person takes it in, and then it is a :class:`ProviderMovement` with the same
    reference, or leaves it out (``left_at``)."""

    gateway_account = models.ForeignKey("payments.GatewayAccount", on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=ProviderMovement.Kind.choices)
    currency = CurrencyField()
    amount_minor = MinorField()
    moved_on = models.DateField()
    text = models.CharField(max_length=200)
    listed_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "listed_movement"
        indexes = [models.Index(fields=["organization", "gateway_account", "moved_on"], name="listed_by_day")]
        constraints = [
            models.UniqueConstraint(fields=["gateway_account", "reference"], name="listed_movement_once")
        ]
