"""What processes tell one another for a while."""

from __future__ import annotations

from django.db import models


class CacheEntry(models.Model):
    """A value with an end (see ``core.shared_cache``). The table is unlogged: a crash forgets it."""

    key = models.CharField(max_length=250, primary_key=True)
    value = models.JSONField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cache_entry"
        indexes = [models.Index(fields=["ends_at"], name="cache_entry_ends")]
