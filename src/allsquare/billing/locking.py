"""The row of an invoice is the queue of all that changes it."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import InvoiceUnknown
from allsquare.billing.models import Invoice
from allsquare.identity.models import Organization


def locked_invoice(organization: Organization, invoice_id: UUID) -> Invoice:
    """Until the transaction ends. Raises ``InvoiceUnknown``."""
    found = (
        Invoice.objects.select_for_update(no_key=True)
        .filter(organization=organization, id=invoice_id)
        .first()
    )
    if found is None:
        raise InvoiceUnknown(_("There is no such invoice."))
    return found
