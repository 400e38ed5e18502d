"""Checks of the books, and what they found (one check asks for all organizations; each sees what is its own); and sums
by day for the first page, which are caches as far as ``DashboardMark`` says (see ``docs/decisions/0014``)."""

from __future__ import annotations

from django.db import models

from allsquare.core.fields import CurrencyField, MinorField, TransactionIdField
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


class MoneyDay(models.Model):
    """What came in on a day through a gateway account, and what its provider kept of it as fees. No foreign keys:
    payments have asked for them."""

    pk = models.CompositePrimaryKey("organization_id", "day", "gateway_account_id", "currency")
    organization_id = models.UUIDField()
    day = models.DateField()
    gateway_account_id = models.UUIDField()
    currency = CurrencyField()
    captured_minor = MinorField()
    fee_minor = MinorField()

    class Meta:
        db_table = "money_day"


class OwedDay(models.Model):
    """What is open of the invoices that are due on a day, and how many those are."""

    pk = models.CompositePrimaryKey("organization_id", "due_on", "currency")
    organization_id = models.UUIDField()
    due_on = models.DateField()
    currency = CurrencyField()
    invoices = models.BigIntegerField()
    open_minor = MinorField()

    class Meta:
        db_table = "owed_day"


class DashboardMark(models.Model):
    """``money_day`` and ``owed_day`` hold what was booked by every transaction before ``xact``."""

    organization_id = models.UUIDField(primary_key=True)
    xact = TransactionIdField(default="0")

    class Meta:
        db_table = "dashboard_mark"
