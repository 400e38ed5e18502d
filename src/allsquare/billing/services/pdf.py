"""An issued invoice is frozen into its PDF, once."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from allsquare.billing.documents.typeset import typesetter
from allsquare.billing.errors import InvoiceUnknown, NotIssuable
from allsquare.billing.models import Invoice, InvoiceDocument
from allsquare.billing.printing import invoice_facts
from allsquare.core import clock, document_store
from allsquare.identity.models import Organization

PDF = "pdf"


def ensure_pdf(*, organization: Organization, invoice_id: UUID) -> InvoiceDocument:
    """The document of an issued invoice; rendered and stored on the first call.

    Everything printed was frozen at issue, so two calls at once make the same bytes, and one row. An inner
    service: pages ask for permission before they show it. Raises ``InvoiceUnknown``, ``NotIssuable`` for a draft.
    """
    found = InvoiceDocument.objects.filter(organization=organization, invoice_id=invoice_id, kind=PDF).first()
    if found is not None:
        return found
    invoice = (
        Invoice.objects.filter(organization=organization, id=invoice_id)
        .select_related("organization")
        .prefetch_related("lines", "taxes")
        .first()
    )
    if invoice is None:
        raise InvoiceUnknown(_("There is no such invoice."))
    if invoice.state == "draft":
        raise NotIssuable(_("A draft has no document yet. Issue it first."))
    data = typesetter(settings.FRONTEND_DIR).invoice(invoice_facts(invoice))
    sha256 = document_store.put(data)
    with transaction.atomic():
        document, _is_new = InvoiceDocument.objects.get_or_create(
            organization=organization,
            invoice=invoice,
            kind=PDF,
            defaults={"sha256": sha256, "size": len(data), "created_at": clock.now(organization)},
        )
    return document
