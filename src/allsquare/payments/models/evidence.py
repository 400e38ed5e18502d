"""What a business answers to a dispute."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allsquare.identity.models import TenantModel


class DisputeAnswer(TenantModel):
    """One answer to a dispute. The id is the idempotency key at the provider, so what became of an answer whose reply
    was lost is found by sending it again."""

    class State(models.TextChoices):
        SENDING = "sending", _("being sent")
        SENT = "sent", _("with the provider")
        REFUSED = "refused", _("refused")

    dispute = models.ForeignKey("payments.Dispute", on_delete=models.PROTECT, related_name="answers")
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.SENDING)
    key = models.CharField(max_length=200)
    input_hash = models.BinaryField()
    message = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "dispute_answer"
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="dispute_answer_key_once"),
            models.UniqueConstraint(
                fields=["dispute"],
                condition=models.Q(state__in=["sending", "sent"]),
                name="dispute_answered_once",
            ),
        ]


class EvidenceFile(TenantModel):
    """A file of an answer: its bytes are kept in the document store under ``sha256``. ``kind`` is what it shows
    (``EvidenceKind``)."""

    answer = models.ForeignKey(DisputeAnswer, on_delete=models.CASCADE, related_name="files")
    place = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, default="other", db_default="other")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "evidence_file"
        constraints = [models.UniqueConstraint(fields=["answer", "place"], name="evidence_file_place")]
