"""What members noted about a customer."""

from __future__ import annotations

from django.db import models

from allsquare.identity.models import TenantFact


class CustomerNote(TenantFact):
    """A dated note, kept as it was typed. It is never changed: a correction is a new note. ``author`` is the name that
    the member had then."""

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    text = models.TextField()
    author = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "customer_note"
        indexes = [models.Index(fields=["organization", "customer", "-id"], name="customer_note_newest")]
