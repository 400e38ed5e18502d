"""The papers of a payer: the invoice as it was frozen, receipts, and the logo of whoever asks."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from allsquare.billing.errors import CreditNoteUnknown
from allsquare.billing.selectors import get_credit_note
from allsquare.billing.services.credit_note_pdf import ensure_credit_note_pdf
from allsquare.billing.services.pdf import ensure_pdf
from allsquare.core import document_store
from allsquare.core.errors import NotFound
from allsquare.identity.models import Organization
from allsquare.notifications.receipt import receipt_number, receipt_pdf
from allsquare.payments.errors import PaymentUnknown
from allsquare.payments.states import PaymentState
from allsquare.web.portal.payment import own_payment_of
from allsquare.web.portal.visit import Visit, by_link
from allsquare.web.portal.ways import paid_with
from allsquare.web.ui.files import pdf_response


class NoLogo(NotFound):
    """The organization has no logo."""

    code = "no_logo"


@require_safe
@by_link
def invoice(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The stored PDF, to the byte; rendered now when its job has not come to it yet."""
    document = ensure_pdf(organization=visit.organization, invoice_id=visit.invoice.id)
    return pdf_response(document_store.get(document.sha256), f"{_('Invoice')} {visit.invoice.number}")


@require_safe
@by_link
def credit_note(request: HttpRequest, visit: Visit, credit_note_id: UUID) -> HttpResponse:
    """One of the invoice that the link leads to."""
    note = get_credit_note(visit.organization, credit_note_id)
    if note.invoice_id != visit.invoice.id:
        raise CreditNoteUnknown(_("There is no such credit note."))
    document = ensure_credit_note_pdf(organization=visit.organization, credit_note_id=note.id)
    return pdf_response(document_store.get(document.sha256), f"{_('Credit note')} {note.number}")


@require_safe
@by_link
def receipt(request: HttpRequest, visit: Visit, payment_id: UUID) -> HttpResponse:
    """Only money that came has a receipt."""
    payment = own_payment_of(visit, payment_id)
    if payment.state != PaymentState.SUCCEEDED:
        raise PaymentUnknown(_("There is no receipt of this payment: it did not come."))
    data = receipt_pdf(
        organization=visit.organization,
        payment=payment,
        language=visit.invoice.language,
        method=paid_with(payment),
    )
    return pdf_response(data, f"{_('Receipt')} {receipt_number(payment)}")


@require_safe
@by_link
def logo(request: HttpRequest, visit: Visit) -> HttpResponse:
    return logo_response(visit.organization)


def logo_response(organization: Organization) -> HttpResponse:
    """A picture from a file that somebody uploaded, so it may run and load nothing (an SVG is a document)."""
    if not organization.logo:
        raise NoLogo(_("This organization has no logo."))
    response = HttpResponse(bytes(organization.logo), content_type=organization.logo_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
