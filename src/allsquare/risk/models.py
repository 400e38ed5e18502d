"""How an organization judges attempts to pay, whom it lets through or turns away, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from allsquare.core.encryption import EncryptedTextField
from allsquare.core.fields import CurrencyField, MinorField
from allsquare.identity.models import TenantModel
from allsquare.risk.rules import Rules

USUAL: Rules = Rules()
#: Days for which addresses, mail addresses and cards are remembered where nobody chose otherwise.
USUAL_DAYS = 90


class RiskSettings(TenantModel):
    """One row for each organization, made when the first attempt is judged. ``rules`` holds what was changed, by the
    name of the rule: ``{"limit", "effect"}``. ``secret`` is what marks are made with (``risk.marks``)."""

    secret = EncryptedTextField()
    rules = models.JSONField(default=dict)
    challenge_from = models.PositiveSmallIntegerField(default=USUAL.challenge_from)
    review_from = models.PositiveSmallIntegerField(default=USUAL.review_from)
    block_from = models.PositiveSmallIntegerField(default=USUAL.block_from)
    keep_days = models.PositiveSmallIntegerField(default=USUAL_DAYS)

    class Meta:
        db_table = "risk_settings"
        constraints = [models.UniqueConstraint(fields=["organization"], name="risk_settings_once")]


class RiskEntry(TenantModel):
    """Somebody or something that is let through or turned away. ``mark`` finds it; ``shown`` is what a person reads:
    the value as it was typed, or of what only a mark is known (a card, say) where it came from. What nobody typed ends
    by itself (``until``)."""

    class Verdict(models.TextChoices):
        BLOCKED = "blocked", _("Blocked")
        ALLOWED = "allowed", _("Allowed")

    class Kind(models.TextChoices):
        MAIL = "mail", _("Mail address")
        DOMAIN = "domain", _("Mail domain")
        ADDRESS = "address", _("Network address")
        CARD = "card", _("Card")
        COUNTRY = "country", _("Country")

    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    mark = models.BinaryField()
    shown = models.CharField(max_length=254)
    note = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "risk_entry"
        constraints = [models.UniqueConstraint(fields=["organization", "mark"], name="risk_entry_once")]


class RiskAssessment(TenantModel):
    """What was found of one attempt to pay, and what was done with it.

    ``payment_id`` is empty where it was blocked: nobody was asked for money. ``link_id`` is the invoice or the payment
    link at which somebody tried. Marks stand for a network address, a mail address and a card: the same mark is the
    same thing, and nobody can say which. They are taken away after a time (``forgotten_at``), and of blocked attempts
    the whole row. ``declines`` is how many cards its provider declined on the page to which it led, as far as that
    tells. ``reasons`` are those of ``risk.rules``; ``verdict`` is what a person said who was asked.
    """

    class Verdict(models.TextChoices):
        NONE = "", _("Not looked at")
        RELEASED = "released", _("Released")
        REFUSED = "refused", _("Refused")

    payment_id = models.UUIDField(null=True, blank=True)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    link_id = models.UUIDField()
    currency = CurrencyField()
    amount_minor = MinorField()
    score = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=10)
    reasons = models.JSONField(default=list)
    is_allowed = models.BooleanField(default=False)
    address_mark = models.BinaryField(null=True, blank=True)
    mail_mark = models.BinaryField(null=True, blank=True)
    card_mark = models.BinaryField(null=True, blank=True)
    buyer_country = models.CharField(max_length=2, blank=True, default="")
    card_country = models.CharField(max_length=2, blank=True, default="")
    provider_score = models.PositiveSmallIntegerField(null=True, blank=True)
    declines = models.PositiveSmallIntegerField(db_default=0)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> RiskAssessment:
        """From JSON, as ``risk.selectors.assessment_beside`` gives it; what that leaves out is not known."""
        decided_at = found["decided_at"]
        return cls(**{**found, "decided_at": decided_at and datetime.fromisoformat(decided_at)})

    class Meta:
        db_table = "risk_assessment"
        indexes = [
            models.Index(
                fields=["organization", "address_mark", "created_at"],
                condition=models.Q(address_mark__isnull=False),
                name="risk_by_address",
            ),
            models.Index(
                fields=["organization", "mail_mark", "created_at"],
                condition=models.Q(mail_mark__isnull=False),
                name="risk_by_mail",
            ),
            models.Index(
                fields=["organization", "card_mark", "created_at"],
                condition=models.Q(card_mark__isnull=False),
                name="risk_by_card",
            ),
            models.Index(fields=["organization", "link_id", "created_at"], name="risk_by_link"),
            models.Index(
                fields=["organization", "created_at"],
                condition=models.Q(forgotten_at__isnull=True),
                name="risk_to_forget",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "payment_id"],
                condition=models.Q(payment_id__isnull=False),
                name="risk_assessment_once",
            )
        ]
