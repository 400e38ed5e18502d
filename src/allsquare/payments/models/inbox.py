"""What providers told us, and what a person must look at."""

from __future__ import annotations

from django.db import models

from allsquare.identity.models import TenantModel
from allsquare.payments.attention import headline, sentence
from allsquare.payments.states import InboxState


class InboxEvent(TenantModel):
    """A webhook delivery whose signature was good, kept before it is understood. A repeat finds its row and
    changes nothing; what cannot be digested is parked with its error. What it carried is taken away after a time
    (``forgotten_at``)."""

    gateway_account = models.ForeignKey("payments.GatewayAccount", on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    object_reference = models.CharField(max_length=120)
    payload = models.JSONField()
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in InboxState], default="received"
    )
    error = models.TextField(blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    occurred_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    payment_id = models.UUIDField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "inbox_event"
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], condition=models.Q(state="received"), name="inbox_waiting"
            ),
            models.Index(fields=["organization", "object_reference"], name="inbox_by_object"),
            models.Index(fields=["organization", "-id"], name="inbox_newest"),
            models.Index(fields=["organization", "received_at", "id"], name="inbox_by_time"),
            models.Index(
                fields=["organization", "state", "id"],
                condition=~models.Q(state="done"),
                name="inbox_unfinished",
            ),
            models.Index(
                fields=["organization", "done_at"],
                condition=models.Q(state="done", forgotten_at__isnull=True),
                name="inbox_to_forget",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["gateway_account", "external_id"], name="inbox_external_id_once")
        ]


class Attention(TenantModel):
    """A task for a person: something about money that no rule can decide. ``data`` are the facts of its sentence."""

    kind = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "attention"
        indexes = [
            models.Index(
                fields=["organization", "-id"],
                condition=models.Q(resolved_at__isnull=True),
                name="attention_open",
            ),
            models.Index(fields=["organization", "created_at", "id"], name="attention_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind", "subject_id"], name="attention_once")
        ]

    @property
    def text(self) -> str:
        """What is to be decided, in the language of whoever reads."""
        return sentence(self.kind, self.data)

    @property
    def headline(self) -> str:
        """As ``text``, in one clause."""
        return headline(self.kind, self.data)
