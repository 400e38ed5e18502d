"""How a draft's first page would look, as a picture: phones show no PDF inside a page."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from allsquare.billing.documents.typeset import typesetter
from allsquare.billing.errors import NotADraft
from allsquare.billing.printing import draft_facts
from allsquare.billing.selectors import get_invoice_with_lines
from allsquare.core.actor import Actor
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


def preview_page(*, organization: Organization, invoice_id: UUID, actor: Actor) -> bytes:
    """A PNG picture of what ``preview_pdf`` gives. Raises ``InvoiceUnknown``, ``NotADraft``."""
    require(organization, actor, Permission.VIEW_SALES)
    invoice = get_invoice_with_lines(organization, invoice_id)
    if invoice.state != "draft":
        raise NotADraft(
            _("Invoice %(number)s was issued and has its own document.") % {"number": invoice.number},
            number=invoice.number,
        )
    return typesetter(settings.FRONTEND_DIR).first_page(draft_facts(invoice))
