"""Exports and batches: long work that can be watched, stopped and taken up again."""

from __future__ import annotations

from django.db import models

from allsquare.connect.states import BatchRowState, BatchState, ExportState
from allsquare.identity.models import TenantModel


class Export(TenantModel):
    """A list written into a file. ``parameters`` is the list's address with its columns, ``ids`` the chosen rows
    where not all of it is wanted. ``place`` (a cursor), ``rows_done`` and ``bytes_done`` say how far the part file
    of the current ``run`` is good: a worker that takes over begins there."""

    person = models.ForeignKey("identity.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    list_name = models.CharField(max_length=40)
    format = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xlsx", "XLSX")])
    parameters = models.JSONField(default=dict)
    ids = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=12)
    key = models.CharField(max_length=200)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in ExportState], default="queued"
    )
    rows_done = models.BigIntegerField(default=0)
    rows_about = models.BigIntegerField(default=0)
    is_estimate = models.BooleanField(default=False)
    bytes_done = models.BigIntegerField(default=0)
    place = models.TextField(blank=True, default="")
    run = models.UUIDField(null=True, blank=True)
    size = models.BigIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)  # the machine's time: disks know no rehearsal

    class Meta:
        db_table = "export"
        indexes = [
            models.Index(fields=["organization", "-id"], name="export_newest"),
            models.Index(fields=["expires_at"], condition=models.Q(state="done"), name="export_to_expire"),
        ]
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="export_key_once")]

    @property
    def stored_as(self) -> str:
        """Its name in the storage ``exports``."""
        return f"{self.organization_id}/{self.id}.{self.format}"

    @property
    def file_name(self) -> str:
        """What a person saves it as."""
        return f"{self.list_name}-{self.created_at:%Y-%m-%d}-{self.id.hex[-6:]}.{self.format}"


class Batch(TenantModel):
    """The same act for many chosen rows of a list, asked for by one person in one press. ``given`` is what was typed
    once for all of them; ``address`` and ``request`` say where the press came from, for the events; ``back`` is the
    list as it stood."""

    person = models.ForeignKey("identity.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    act = models.CharField(max_length=40)
    list_name = models.CharField(max_length=40)
    back = models.TextField(blank=True, default="")
    given = models.JSONField(default=dict, blank=True)
    address = models.CharField(max_length=64, blank=True, default="")
    request = models.CharField(max_length=64, blank=True, default="")
    language = models.CharField(max_length=12)
    key = models.CharField(max_length=200)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in BatchState], default="queued"
    )
    error = models.TextField(blank=True, default="", db_default="")  # as ``core.words.kept``
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "batch"
        indexes = [models.Index(fields=["organization", "-id"], name="batch_newest")]
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="batch_key_once")]


class BatchRow(TenantModel):
    """One chosen row: what became of it is written in the transaction of the act itself, so it is done once. ``tries``
    counts how often the database did not let it be done."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows", db_index=False)
    place = models.PositiveIntegerField()
    subject_id = models.UUIDField()
    title = models.CharField(max_length=200)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in BatchRowState], default="waiting"
    )
    words = models.TextField(blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "batch_row"
        constraints = [models.UniqueConstraint(fields=["batch", "place"], name="batch_row_place")]
