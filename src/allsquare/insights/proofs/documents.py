"""Frozen documents are there, and their bytes are those that were frozen."""

from __future__ import annotations

from collections.abc import Iterator

from allsquare.billing.models import InvoiceDocument
from allsquare.core import document_store
from allsquare.core.errors import AllsquareError
from allsquare.insights.proofs.proof import Finding, Proof


def _damaged() -> Iterator[Finding]:
    rows = InvoiceDocument.objects.order_by("id").values_list("organization_id", "invoice_id", "sha256")
    for organization, invoice, sha256 in rows.iterator(chunk_size=1000):
        try:
            document_store.get(sha256)
        except AllsquareError as error:
            yield Finding(str(organization), str(invoice), error.message)


DOCUMENTS = (
    Proof(
        "documents_intact", "document", "Every stored document has the bytes that its hash names.", _damaged
    ),
)
