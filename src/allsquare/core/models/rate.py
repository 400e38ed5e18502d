"""Counters behind rate limits, shared by all processes."""

from __future__ import annotations

from django.db import models


class RateCounter(models.Model):
    """How often something was tried since its time began. The table is unlogged: a crash forgets it, which
    frees whoever was blocked and loses nothing else."""

    key = models.CharField(max_length=120, primary_key=True)
    tries = models.PositiveIntegerField(default=1)
    ends_at = models.DateTimeField()

    class Meta:
        db_table = "rate_counter"
        indexes = [models.Index(fields=["ends_at"], name="rate_counter_ends")]
