"""Mails: one row per document, kind and recipient, so that each is sent once."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from allsquare.identity.models import TenantModel
from allsquare.notifications.kinds import LABELS
from allsquare.notifications.words import MAIL_WORDS


class SentStatement(TenantModel):
    """A statement of account that somebody sent to a customer: what the mails of one press speak of."""

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    starts_on = models.DateField()
    ends_on = models.DateField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "sent_statement"


class Enclosure(TenantModel):
    """What whoever issues an invoice adds to the mail that follows: written in the transaction of issuing, read when
    the news of it is. The event log, which never forgets, has neither addresses nor personal words."""

    invoice_id = models.UUIDField()
    copies = models.JSONField(default=list, blank=True)
    note = models.TextField(blank=True, default="")

    class Meta:
        db_table = "enclosure"
        constraints = [models.UniqueConstraint(fields=["organization", "invoice_id"], name="enclosure_once")]


class Mail(TenantModel):
    """A mail of some ``kind`` about the document ``subject_id``, for one recipient.

    ``repeat`` is 0 but for mails that a person sends again on purpose. ``message_id`` is fixed before the first
    try, so that a try repeated after a crash is the same message to every mail server and reader. What the mail
    says is not kept: it is composed from the rows that it names, and ``subject`` is its subject line once that was
    done. ``copies`` are the addresses in its Cc line; ``note`` is what a person wrote to the reader. ``created_at``
    and ``sent_at`` are the organization's time; ``next_try_at`` is the machine's, because mail servers do not take
    part in rehearsals: for a queued mail it says when it may be tried, for one that is being sent when whoever sends
    it must be given up for dead. A held one may have been sent before a backup was restored: a person sends it or
    leaves it unsent.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        HELD = "held", _("Held")
        LEFT = "left", _("Left unsent")

    kind = models.CharField(max_length=40, choices=[(kind.value, label) for kind, label in LABELS.items()])
    subject_type = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    repeat = models.PositiveSmallIntegerField(default=0)
    invoice_id = models.UUIDField(null=True, blank=True)
    payment_id = models.UUIDField(null=True, blank=True)
    customer_id = models.UUIDField(null=True, blank=True)
    recipient = models.CharField(max_length=254)
    copies = models.JSONField(default=list, db_default=models.Value([], models.JSONField()), blank=True)
    note = models.TextField(blank=True, default="", db_default="")
    language = models.CharField(max_length=12)
    subject = models.CharField(max_length=250, blank=True, default="")
    message_id = models.CharField(max_length=250, unique=True)
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
            models.Index(fields=["organization", "created_at", "id"], name="mail_by_time"),
            models.Index(fields=["organization", "recipient", "id"], name="mail_by_recipient"),
            models.Index(
                fields=["organization", "state", "id"], condition=~models.Q(state="sent"), name="mail_unsent"
            ),
            models.Index(
                fields=["organization", "kind", "created_at", "id"],
                condition=~models.Q(kind="invoice"),
                name="mail_of_rare_kind",
            ),
            GinIndex(MAIL_WORDS, name="mail_by_words"),
            models.Index(fields=["organization", "customer_id", "-id"], name="mail_by_customer"),
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(state__in=["queued", "sending"]),
                name="mail_waiting",
            ),
        ]
        constraints = [
            # Also the index by which the mails about a document are found.
            models.UniqueConstraint(
                fields=["organization", "subject_id", "kind", "recipient", "repeat"], name="mail_once"
            )
        ]

    def __str__(self) -> str:
        return self.subject or self.get_kind_display()
