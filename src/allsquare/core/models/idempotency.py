"""Requests that were answered, so that a repeat gets the same answer and changes nothing."""

from __future__ import annotations

from django.db import models

from allsquare.core.ids import new_id


class IdempotencyRecord(models.Model):
    """One answered request: the caller's key, a hash of the input, and the answer. See ``core.idempotency``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    operation = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    input_hash = models.BinaryField()
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "idempotency_record"
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "operation", "key"], name="idempotency_key_once"
            ),
        ]
