"""The event log: one append-only table, written in the transaction that it tells of.

It is the audit trail, the customer timeline, the source of mails and webhooks and of live pages.
``organization_id`` is no foreign key, so that the log needs nothing above ``core`` and costs one index less.
"""

from __future__ import annotations

import pgtrigger
from django.db import models

from allsquare.core.fields import CurrentTransaction, TransactionIdField
from allsquare.core.ids import new_id

#: Kinds that come with every sale.
COMMON_KINDS = [
    "invoice.issued",
    "invoice.paid",
    "invoice.sent",
    "invoice.viewed",
    "mail.queued",
    "mail.sent",
    "payment.started",
    "payment.succeeded",
]


class Event(models.Model):
    """Something happened: ``kind`` (``invoice.issued``) to ``subject`` (a table's short name and a row's id)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    kind = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=200)
    address = models.CharField(max_length=64, default="", blank=True)
    request = models.CharField(max_length=64, default="", blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()
    xact = TransactionIdField(db_default=CurrentTransaction(), editable=False)

    class Meta:
        db_table = "event"
        indexes = [
            models.Index(fields=["xact", "id"], name="event_follow"),
            models.Index(fields=["organization_id", "subject_id", "id"], name="event_subject"),
            models.Index(fields=["organization_id", "id"], name="event_newest"),
            models.Index(fields=["organization_id", "at", "id"], name="event_by_time"),
            # What comes with every sale is found by walking, and left out of what narrows the log.
            models.Index(
                fields=["organization_id", "kind", "at", "id"],
                condition=~models.Q(kind__in=COMMON_KINDS),
                name="event_of_rare_kind",
            ),
            models.Index(
                fields=["organization_id", "subject_type", "at", "id"],
                condition=~models.Q(subject_type__in=["invoice", "payment"]),
                name="event_of_rare_subject",
            ),
            models.Index(
                fields=["organization_id", "actor_kind", "at", "id"],
                condition=~models.Q(actor_kind__in=["person", "system"]),
                name="event_by_rare_actor",
            ),
            models.Index(
                fields=["organization_id", "actor_id", "at", "id"],
                condition=models.Q(actor_kind="person"),
                name="event_by_person",
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class EventSeal(models.Model):
    """An event's number and hash in the chain of its organization (see ``core.sealer``)."""

    pk = models.CompositePrimaryKey("organization_id", "sequence")
    organization_id = models.UUIDField()
    sequence = models.BigIntegerField()
    event_id = models.UUIDField(unique=True)
    digest = models.BinaryField()

    class Meta:
        db_table = "event_seal"
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class EventChain(models.Model):
    """The head of an organization's chain, signed with a key outside the database: a cut tail shows."""

    organization_id = models.UUIDField(primary_key=True)
    sequence = models.BigIntegerField(default=0)
    digest = models.BinaryField(default=bytes)
    signature = models.BinaryField(default=bytes)

    class Meta:
        db_table = "event_chain"


class EventReader(models.Model):
    """How far one reader (mails, sealer, webhooks) has followed the log: up to and with (``xact``, ``event_id``)."""

    name = models.CharField(max_length=64, primary_key=True)
    xact = TransactionIdField(default="0")
    event_id = models.UUIDField(null=True)

    class Meta:
        db_table = "event_reader"


class EventFailure(models.Model):
    """A reader could not digest an event: parked here, visible, while the rest flows on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    reader = models.CharField(max_length=64)
    event_id = models.UUIDField()
    error = models.TextField()
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "event_failure"
        constraints = [models.UniqueConstraint(fields=["reader", "event_id"], name="event_failure_once")]
