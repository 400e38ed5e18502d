"""Mails: one row per document, kind and recipient, so that each is sent once."""

from __future__ import annotations

from django.db import models

from allsquare.identity.models import TenantModel


class Mail(TenantModel):
    """``kind`` (``invoice``, ``receipt``, ``payment_notice`` …) about the document ``subject_id``. ``repeat`` is 0 but
    for mails that a person sends again on purpose. ``message_id`` is fixed before the first try, so that a try
    repeated after a crash is the same message to every mail server and reader."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    repeat = models.PositiveSmallIntegerField(default=0)
    invoice_id = models.UUIDField(null=True, blank=True)
    payment_id = models.UUIDField(null=True, blank=True)
    customer_id = models.UUIDField(null=True, blank=True)
    recipient = models.EmailField()
    language = models.CharField(max_length=12)
    subject = models.CharField(max_length=250, blank=True, default="")
    message_id = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "mail"
        indexes = [
            models.Index(fields=["organization", "-id"], name="mail_newest"),
            models.Index(fields=["organization", "subject_id"], name="mail_by_subject"),
            models.Index(
                fields=["next_try_at"], condition=models.Q(state__in=["queued", "sending"]), name="mail_waiting"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "subject_id", "kind", "repeat"], name="mail_once")
        ]
