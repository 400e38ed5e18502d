"""Documents that an issued invoice was frozen into."""

from __future__ import annotations

from django.db import models

from allsquare.identity.models import TenantFact


class InvoiceDocument(TenantFact):
    """The bytes that an issued invoice was frozen into; ``sha256`` (hex) is their name in the document store."""

    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=20, default="pdf")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "invoice_document"
        constraints = [models.UniqueConstraint(fields=["invoice", "kind"], name="invoice_document_once")]
