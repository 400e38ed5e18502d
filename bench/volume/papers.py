"""The PDFs of issued invoices: one file, to which as many rows point as there are invoices."""

from __future__ import annotations

from allsquare.billing.models import Invoice, InvoiceDocument
from allsquare.core import document_store
from allsquare.identity.models import Organization
from bench.multiply import multiply

_PAPER = b"As large as a PDF of one page. " * 1_300


def write(organization: Organization) -> None:
    """For every issued invoice that has none, also where the database was kept and written before there were any."""
    first = Invoice.objects.filter(organization=organization).exclude(state="draft").earliest("id")
    facts = {"sha256": document_store.put(_PAPER), "size": len(_PAPER), "created_at": first.created_at}
    pattern, _is_new = InvoiceDocument.objects.get_or_create(
        organization=organization, invoice=first, kind="pdf", defaults=facts
    )
    multiply(
        "invoice_document",
        pattern.id,
        source="""(SELECT i.id, i.issued_at AS at FROM invoice i
                   WHERE i.organization_id = %s AND i.state <> 'draft'
                       AND NOT EXISTS (SELECT FROM invoice_document d WHERE d.invoice_id = i.id AND d.kind = 'pdf')
                   ORDER BY i.issued_at) s""",
        parameters=[organization.id],
        columns={"id": "uuidv7(s.at - now())", "invoice_id": "s.id", "created_at": "s.at"},
    )
