"""Credit notes: what of an issued invoice is not asked for any more."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from allsquare.billing.words import CREDIT_NOTE_WORDS
from allsquare.core.fields import CurrencyField, MinorField
from allsquare.identity.models import TenantFact

#: At commit: what the invoice says is credited is what its credit notes come to. Whoever writes one writes the invoice
#: too, whose row only one transaction has at a time; so the sums cannot pass one another.
_COUNTED = """
    IF (SELECT credited_minor FROM invoice WHERE id = NEW.invoice_id)
        IS DISTINCT FROM (SELECT sum(total_minor) FROM credit_note WHERE invoice_id = NEW.invoice_id)
    THEN
        RAISE EXCEPTION 'credit note % is not counted by its invoice', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_counted';
    END IF;
    RETURN NULL;
"""

#: At commit: a line belongs to the invoice of its credit note, the lines sum to the note (so none comes later), and all
#: that is credited of an invoice's line is within that line.
_WITHIN = """
    IF NOT EXISTS (
        SELECT 1 FROM credit_note c JOIN invoice_line l ON l.invoice_id = c.invoice_id
        WHERE c.id = NEW.credit_note_id AND l.id = NEW.invoice_line_id
            AND c.organization_id = NEW.organization_id AND l.organization_id = NEW.organization_id
            AND c.net_minor = (SELECT sum(net_minor) FROM credit_note_line WHERE credit_note_id = c.id)
            AND c.tax_minor = (SELECT sum(tax_minor) FROM credit_note_line WHERE credit_note_id = c.id)
    ) THEN
        RAISE EXCEPTION 'a line of credit note % does not fit it', NEW.credit_note_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_line_fits';
    END IF;
    IF EXISTS (
        SELECT 1 FROM invoice_line l, LATERAL (
            SELECT sum(net_minor) AS net, sum(tax_minor) AS tax, sum(quantity) AS quantity
            FROM credit_note_line WHERE invoice_line_id = l.id
        ) c
        WHERE l.id = NEW.invoice_line_id AND NOT (
            c.net BETWEEN LEAST(l.net_minor, 0) AND GREATEST(l.net_minor, 0)
            AND c.tax BETWEEN LEAST(l.tax_minor, 0) AND GREATEST(l.tax_minor, 0)
            AND c.quantity BETWEEN LEAST(l.quantity, 0) AND GREATEST(l.quantity, 0)
        )
    ) THEN
        RAISE EXCEPTION 'more of line % would be credited than was charged', NEW.invoice_line_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_within_line';
    END IF;
    RETURN NULL;
"""


def _at_commit(name: str, func: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name, when=pgtrigger.After, operation=pgtrigger.Insert, timing=pgtrigger.Deferred, func=func
    )


class CreditNote(TenantFact):
    """Takes back a part of one issued invoice, or all of it. It is written once, with its number, and never changes.
    Currency, rate and parties are those of the invoice; ``base_total_minor`` is what it took off the receivable
    account in base currency."""

    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, related_name="credit_notes")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    currency = CurrencyField()
    reason = models.CharField(max_length=200)
    issued_on = models.DateField()
    net_minor = MinorField()
    tax_minor = MinorField()
    total_minor = MinorField()
    base_total_minor = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "credit_note"
        indexes = [
            models.Index(fields=["organization", "created_at", "id"], name="credit_note_by_time"),
            models.Index(fields=["organization", "issued_on", "id"], name="credit_note_by_issue"),
            models.Index(
                fields=["organization", "currency", "total_minor", "id"], name="credit_note_by_total"
            ),
            GinIndex(CREDIT_NOTE_WORDS, name="credit_note_by_words"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="credit_note_number_once"),
            models.CheckConstraint(
                condition=models.Q(total_minor=models.F("net_minor") + models.F("tax_minor"))
                & models.Q(total_minor__gt=0),
                name="credit_note_total",
            ),
        ]
        triggers = [*TenantFact.Meta.triggers, _at_commit("counted", _COUNTED)]

    def __str__(self) -> str:
        return self.number


class CreditNoteLine(TenantFact):
    """What is taken back of one line of the invoice. ``quantity`` is zero where a part of its price was credited and
    nothing came back. The figures have the signs of the invoice's line."""

    credit_note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="lines")
    invoice_line = models.ForeignKey(
        "billing.InvoiceLine", on_delete=models.PROTECT, related_name="credit_lines"
    )
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    net_minor = MinorField()
    tax_minor = MinorField()
    total_minor = MinorField()

    class Meta(TenantFact.Meta):
        db_table = "credit_note_line"
        constraints = [
            models.UniqueConstraint(fields=["credit_note", "invoice_line"], name="credit_note_line_once"),
            models.CheckConstraint(
                condition=models.Q(total_minor=models.F("net_minor") + models.F("tax_minor")),
                name="credit_note_line_total",
            ),
        ]
        triggers = [*TenantFact.Meta.triggers, _at_commit("within", _WITHIN)]


class CreditNoteDocument(TenantFact):
    """The bytes that a credit note was frozen into; ``sha256`` (hex) is their name in the document store."""

    credit_note = models.OneToOneField(CreditNote, on_delete=models.PROTECT, related_name="document")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "credit_note_document"
