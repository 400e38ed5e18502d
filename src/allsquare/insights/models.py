"""Checks of the books, and what they found. One check asks for all organizations; each sees what is its own."""

from __future__ import annotations

from django.db import models

from allsquare.core.ids import new_id
from allsquare.insights.states import CheckState


class BooksCheck(models.Model):
    """All proofs asked once. ``proofs_done`` of ``proofs_all`` say how far it is."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in CheckState], default="queued"
    )
    proofs_done = models.PositiveSmallIntegerField(default=0)
    proofs_all = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        db_table = "books_check"
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(state__in=["queued", "running"]),
                name="books_check_one_under_way",
            )
        ]


class BooksAnswer(models.Model):
    """That a proof was asked, and how long the answer took."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    check_of = models.ForeignKey(BooksCheck, on_delete=models.CASCADE, related_name="answers", db_index=False)
    proof = models.CharField(max_length=40)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        db_table = "books_answer"
        constraints = [models.UniqueConstraint(fields=["check_of", "proof"], name="books_answer_once")]


class BooksFinding(models.Model):
    """A row that breaks a promise. Without an ``organization`` it concerns the whole installation. ``in_all`` is how
    many such rows the organization has, named or not; the proof makes a sentence of ``facts``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    check_of = models.ForeignKey(
        BooksCheck, on_delete=models.CASCADE, related_name="findings", db_index=False
    )
    organization = models.ForeignKey(
        "identity.Organization", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    proof = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)
    in_all = models.PositiveIntegerField()

    class Meta:
        db_table = "books_finding"
        indexes = [models.Index(fields=["check_of", "organization", "proof", "id"], name="books_finding_of")]
