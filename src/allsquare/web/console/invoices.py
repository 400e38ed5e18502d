"""Invoices: the list, one invoice with all that belongs to it, and what may be done with it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.billing import selectors as billing
from allsquare.billing.errors import NotADraft
from allsquare.billing.links import pay_url
from allsquare.billing.models import Invoice
from allsquare.billing.services.delete_draft import delete_draft
from allsquare.billing.services.issue import issue
from allsquare.billing.services.pdf import ensure_pdf
from allsquare.billing.services.preview_pdf import preview_pdf
from allsquare.billing.services.void import void
from allsquare.billing.states import OPEN_STATES
from allsquare.core import document_store
from allsquare.core.errors import Conflict, InvalidInput
from allsquare.core.selectors import events_of
from allsquare.identity.permissions import Permission
from allsquare.ledger import selectors as ledger
from allsquare.notifications import selectors as notifications
from allsquare.payments import selectors as payments
from allsquare.web.console import shown
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.money import VoidForm
from allsquare.web.console.lists.page import listing
from allsquare.web.console.timeline import timeline

#: Whose link says something to a payer: the way to pay, or the receipt.
_PAYABLE: Final = OPEN_STATES | {"paid"}


@staff(Permission.VIEW_SALES)
def invoice_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "invoices")


@staff(Permission.VIEW_SALES)
def invoice(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    organization = request.access.organization
    found = billing.get_invoice_with_lines(organization, invoice_id)
    paid = payments.payments_of_invoice(organization, found)
    context = {
        "invoice": found,
        "state": shown.invoice_state(organization, found),
        "is_open": found.state in OPEN_STATES,
        "lines_minor": sum(line.amount_minor for line in found.lines.all()),
        "payments": paid,
        "mails": notifications.mails_of(organization, [found.id, *(payment.id for payment in paid)]),
        "pay_url": pay_url(organization, found) if found.state in _PAYABLE else "",
        "void_form": VoidForm(auto_id="void_%s"),
        "timeline": timeline(
            events_of(organization.id, [found.id, *(payment.id for payment in paid)], limit=100),
            here=request.path,
        ),
        **_bookings(request, found, [payment.id for payment in paid]),
    }
    return render(request, "console/invoices/invoice.html", context)


def _bookings(request: ConsoleRequest, found: Invoice, payment_ids: list[UUID]) -> dict[str, object]:
    """What it did in the books, for those who may see them."""
    if found.state == "draft" or not request.access.may(Permission.VIEW_BOOKS):
        return {"entries": []}
    return {"entries": ledger.entries_of(request.access.organization, [found.id, *payment_ids])}


@post_only
@staff(Permission.ISSUE_INVOICES)
def invoice_issue(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """The mail follows from the event by itself. A second press finds it issued and changes nothing."""
    organization, actor = request.access.organization, request.access.actor
    try:
        (issued,) = issue(organization=organization, invoice_ids=[invoice_id], actor=actor)
    except NotADraft:
        messages.info(request, _("This invoice was issued already."))
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _issued_words(issued))
    return redirect("console:invoice", invoice_id)


def _issued_words(issued: Invoice) -> str:
    recipient = issued.buyer.get("email")
    if recipient:
        words = _("Invoice %(number)s is issued and on its way to %(recipient)s.")
        return words % {"number": issued.number, "recipient": recipient}
    words = _(
        "Invoice %(number)s is issued. The customer has no e-mail address: hand over the link or the PDF."
    )
    return words % {"number": issued.number}


@staff(Permission.VOID_INVOICES)
def invoice_void(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """The dialog posts here; without one, and after an error, it is a page."""
    organization = request.access.organization
    found = billing.get_invoice(organization, invoice_id)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _voided(request, found, form):
        messages.success(request, _("Invoice %(number)s is void.") % {"number": found.number})
        return redirect("console:invoice", found.id)
    status = 422 if form.is_bound else 200
    return render(request, "console/invoices/void.html", {"invoice": found, "form": form}, status=status)


def _voided(request: ConsoleRequest, found: Invoice, form: VoidForm) -> Invoice | None:
    return attempt(
        form,
        lambda: void(
            organization=request.access.organization,
            invoice_id=found.id,
            reason=form.cleaned_data["reason"],
            actor=request.access.actor,
        ),
    )


@post_only
@staff(Permission.EDIT_INVOICES)
def invoice_delete(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    try:
        delete_draft(
            organization=request.access.organization, invoice_id=invoice_id, actor=request.access.actor
        )
    except NotADraft as error:
        messages.error(request, error.message)
        return redirect("console:invoice", invoice_id)
    messages.success(request, _("The draft is deleted."))
    return redirect("console:invoice_list")


@staff(Permission.VIEW_SALES)
def invoice_pdf(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """The stored document to the byte; of a draft, how it would look."""
    organization = request.access.organization
    found = billing.get_invoice(organization, invoice_id)
    data = _pdf(request, found)
    response = HttpResponse(data, content_type="application/pdf")
    name = (found.number or "draft").replace("/", "-").replace('"', "")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def _pdf(request: ConsoleRequest, found: Invoice) -> bytes:
    organization = request.access.organization
    if found.state == "draft":
        return preview_pdf(organization=organization, invoice_id=found.id, actor=request.access.actor)
    return document_store.get(ensure_pdf(organization=organization, invoice_id=found.id).sha256)
