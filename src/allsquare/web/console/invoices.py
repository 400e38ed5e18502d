"""Invoices: the list, one invoice with all that belongs to it, and what may be done with it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from allsquare.billing import selectors as billing
from allsquare.billing.links import pay_url
from allsquare.billing.models import Invoice
from allsquare.billing.services.pdf import ensure_pdf
from allsquare.billing.services.preview_pdf import preview_pdf
from allsquare.billing.states import OPEN_STATES, STANDING
from allsquare.core import document_store, tail
from allsquare.core.selectors import events_of
from allsquare.customers.selectors import Post, addresses
from allsquare.identity.permissions import Permission
from allsquare.ledger import selectors as ledger
from allsquare.notifications import selectors as notifications
from allsquare.payments import selectors as payments
from allsquare.payments.autopay import standing_of
from allsquare.payments.card_readers import terms_beside
from allsquare.payments.credit import usable_credit, uses_of_credit
from allsquare.payments.freed import freed_of
from allsquare.web.console import shown
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.money import VoidForm, WriteOffForm, new_key
from allsquare.web.console.forms.send import SendForm
from allsquare.web.console.lists.page import listing
from allsquare.web.console.mails import added_words
from allsquare.web.console.timeline import timeline
from allsquare.web.ui.files import pdf_response


@staff(Permission.VIEW_SALES)
def invoice_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "invoices")


@staff(Permission.VIEW_SALES)
def invoice(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """One invoice: where it stands, its papers, and everything that happened to it. An open page is brought up to
    date when something happens."""
    organization = request.access.organization
    since = tail.here()
    found = billing.get_invoice_with_lines(organization, invoice_id)
    paid = payments.payments_of_invoice(organization, found)
    # Refunds, disputes and tasks are told of under the payment that they belong to.
    documents = [found.id, *(payment.id for payment in paid)]
    mails = notifications.mails_of(organization, documents)
    events = events_of(organization.id, [*documents, *(mail.id for mail in mails)], limit=100)
    was_written_off = any(event.kind == "invoice.written_off" for event in events)
    write_offs = billing.write_offs_of(organization, found) if was_written_off else []
    took_credit = any(event.kind == "invoice.credit_used" for event in events)
    uses = uses_of_credit(organization, found) if took_credit else []
    credit_notes = billing.credit_notes_of(organization, found) if found.credited_minor else []
    was_planned = any(event.kind.startswith("autopay.") for event in events)
    takes_parts, has_readers = terms_beside(organization, found)
    recipient = next(iter(addresses(organization, found.customer, Post.INVOICES)), "")
    context = {
        "invoice": found,
        "state": shown.invoice_state(organization, found),
        "is_open": found.state in OPEN_STATES,
        "can_be_mailed": found.state in STANDING,
        "lines_minor": sum(line.amount_minor for line in found.lines.all()),
        "payments": paid,
        "automatic": standing_of(organization, found) if was_planned else None,
        "mails": mails,
        "recipient": recipient,
        "pay_url": pay_url(organization, found) if found.state in STANDING else "",
        "send_form": SendForm(initial={"recipient": recipient}, auto_id="mail_%s"),
        "void_form": VoidForm(auto_id="void_%s"),
        "usable_minor": _usable_credit(request, found),
        "takes_cards_here": has_readers,
        "uses": uses,
        "credit_notes": credit_notes,
        "can_be_credited": found.state in STANDING and found.due_minor > 0,
        "write_off_form": WriteOffForm(auto_id="write_off_%s"),
        "written_off": next((w for w in write_offs if found.state == "written_off" and w.reason), None),
        "takes_parts": takes_parts,
        "copy_key": new_key(),
        "live_since": since,
        "timeline": timeline(events, here=request.path, added=added_words(mails)),
        **_bookings(
            request,
            found,
            [
                *documents[1:],
                *(fact.id for fact in (*write_offs, *credit_notes)),
                *(use.source_id for use in uses),
                *(freed_of(organization, found) if credit_notes else []),
            ],
        ),
    }
    return render(request, "console/invoices/invoice.html", context)


def _usable_credit(request: ConsoleRequest, found: Invoice) -> int:
    """What of the customer's credit this invoice can take, for those who may use it."""
    if found.state not in OPEN_STATES or not request.access.may(Permission.RECORD_PAYMENTS):
        return 0
    credit = usable_credit(request.access.organization, found.customer_id, found.currency)
    return min(credit, found.open_minor)


def _bookings(request: ConsoleRequest, found: Invoice, facts: list[UUID]) -> dict[str, object]:
    """What it did in the books, for those who may see them."""
    if found.state == "draft" or not request.access.may(Permission.VIEW_BOOKS):
        return {"entries": []}
    return {"entries": ledger.entries_of(request.access.organization, [found.id, *facts])}


@staff(Permission.VIEW_SALES)
def invoice_pdf(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """The stored document to the byte; of a draft, how it would look."""
    organization = request.access.organization
    found = billing.get_invoice(organization, invoice_id)
    data = _pdf(request, found)
    return pdf_response(data, found.number or "draft")


def _pdf(request: ConsoleRequest, found: Invoice) -> bytes:
    organization = request.access.organization
    if found.state == "draft":
        return preview_pdf(organization=organization, invoice_id=found.id, actor=request.access.actor)
    return document_store.get(ensure_pdf(organization=organization, invoice_id=found.id).sha256)
