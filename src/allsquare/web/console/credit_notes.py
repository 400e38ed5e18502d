"""Credit notes: the list, one of them, writing one for an invoice, and giving back what it set free."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.billing import selectors as billing
from allsquare.billing.crediting import Planned, check_creditable, lines_left, plan
from allsquare.billing.errors import NotCreditable
from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.printing_credit_note import tax_rows
from allsquare.billing.services.credit_note_pdf import ensure_credit_note_pdf
from allsquare.core import document_store
from allsquare.core.currencies import currency
from allsquare.core.errors import AllsquareError, FieldErrors
from allsquare.core.money import Money
from allsquare.core.selectors import events_of
from allsquare.customers.selectors import Post, addresses
from allsquare.identity.permissions import Permission
from allsquare.ledger import selectors as ledger
from allsquare.notifications import selectors as notifications
from allsquare.notifications.services.mail_credit_note import mail_credit_note
from allsquare.payments.crediting import credited_by
from allsquare.payments.freed import freed_by, takes_refunds
from allsquare.payments.services.credit_invoice import credit_invoice
from allsquare.payments.services.refund_freed import refund_freed
from allsquare.payments.states import RefundState
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.credit_note import GIVE_BACK, CreditNoteForm
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.money import new_key
from allsquare.web.console.forms.send import SendForm
from allsquare.web.console.lists.page import listing
from allsquare.web.console.mails import added_words, not_sent
from allsquare.web.console.timeline import timeline
from allsquare.web.ui.files import pdf_response
from allsquare.web.ui.formats import amount


@staff(Permission.VIEW_SALES)
def credit_note_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "credit_notes")


@staff(Permission.VIEW_SALES)
def credit_note(request: ConsoleRequest, credit_note_id: UUID) -> HttpResponse:
    """What was credited, what became of what was paid for it, and what it did."""
    organization = request.access.organization
    note = billing.get_credit_note(organization, credit_note_id)
    lines = billing.credit_note_lines(organization, note)
    freed = freed_by(organization, note)
    mails = notifications.mails_of(organization, [note.id])
    events = events_of(organization.id, [note.id, *(mail.id for mail in mails)], limit=100)
    returnable = sum(each.returnable.minor for each in freed)
    recipient = next(iter(addresses(organization, note.customer, Post.INVOICES)), "")
    facts = [note.id, *(each.freed_id for each in freed)]
    context = {
        "note": note,
        "invoice": note.invoice,
        "lines": lines,
        "taxes": tax_rows(note, lines),
        "freed": freed,
        "freed_minor": sum(each.freed.minor for each in freed),
        "returnable": Money(returnable, currency(note.currency)) if returnable else None,
        "refund_key": new_key(),
        "mails": mails,
        "recipient": recipient,
        "send_form": SendForm(initial={"recipient": recipient}, auto_id="mail_%s"),
        "entries": ledger.entries_of(organization, facts)
        if request.access.may(Permission.VIEW_BOOKS)
        else [],
        "timeline": timeline(events, here=request.path, added=added_words(mails)),
    }
    return render(request, "console/credit_notes/credit_note.html", context)


@staff(Permission.VIEW_SALES)
def credit_note_pdf(request: ConsoleRequest, credit_note_id: UUID) -> HttpResponse:
    """The stored document to the byte."""
    organization = request.access.organization
    note = billing.get_credit_note(organization, credit_note_id)
    document = ensure_credit_note_pdf(organization=organization, credit_note_id=note.id)
    return pdf_response(document_store.get(document.sha256), note.number)


@staff(Permission.ISSUE_CREDIT_NOTES, keeps_form=True)
def credit_note_new(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """Nothing is credited until somebody says what, or asks for everything (``?all=1``). Who presses twice is led to
    what the first press issued, though it left less of the invoice than the form asks for."""
    organization, key = request.access.organization, request.POST.get("key", "")
    invoice = billing.get_invoice(organization, invoice_id)
    earlier = credited_by(organization, invoice.id, f"console:{key}") if key else None
    if earlier is not None:
        messages.info(
            request,
            _("Credit note %(number)s was issued by this form already.") % {"number": earlier.number},
        )
        if request.POST.get("surplus") == GIVE_BACK and request.access.may(Permission.REFUND):
            _give_back(request, earlier, key)
        return redirect("console:credit_note", earlier.id)
    try:
        check_creditable(invoice)
    except NotCreditable as error:
        messages.error(request, error.message)
        return redirect("console:invoice", invoice.id)
    posted = request.method == "POST"
    form = _form(request, invoice, request.POST if posted else kept_form.take(request))
    if posted and form.is_valid():
        note = attempt(form, lambda: _issued(request, invoice, form))
        if note is not None:
            messages.success(request, _("Credit note %(number)s is issued.") % {"number": note.number})
            if form.cleaned_data.get("surplus") == GIVE_BACK:
                _give_back(request, note, form.cleaned_data["key"])
            return redirect("console:credit_note", note.id)
    context = {"invoice": invoice, "form": form, **_sums(request, invoice, form)}
    return render(request, "console/credit_notes/new.html", context, status=422 if posted else 200)


@post_only
@staff(Permission.ISSUE_CREDIT_NOTES)
def credit_note_totals(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """What it would come to, while somebody types."""
    invoice = billing.get_invoice(request.access.organization, invoice_id)
    context = {"invoice": invoice, **_sums(request, invoice, _form(request, invoice, request.POST))}
    return render(request, "console/credit_notes/_totals.html", context)


@post_only
@staff(Permission.REFUND)
def credit_note_refund(request: ConsoleRequest, credit_note_id: UUID) -> HttpResponse:
    """What it set free goes back after all. The dialog pressed twice gives back once."""
    note = billing.get_credit_note(request.access.organization, credit_note_id)
    _give_back(request, note, request.POST.get("key") or new_key())
    return redirect("console:credit_note", note.id)


@post_only
@staff(Permission.SEND_MAIL, keeps_form=True)
def credit_note_mail(request: ConsoleRequest, credit_note_id: UUID) -> HttpResponse:
    """As with invoices: the dialog posts here; after an error it is a page, which keeps what was typed."""
    organization, actor = request.access.organization, request.access.actor
    found = billing.get_credit_note(organization, credit_note_id)
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = SendForm(typed)
    mail = (
        attempt(
            form,
            lambda: mail_credit_note(
                organization=organization, credit_note_id=found.id, actor=actor, **form.added
            ),
        )
        if request.method == "POST" and form.is_valid()
        else None
    )
    if mail is None:
        back_url = reverse("console:credit_note", args=[found.id])
        return not_sent(request, form, about=str(found), back_url=back_url)
    messages.success(request, _("The mail is on its way to %(recipient)s.") % {"recipient": mail.recipient})
    return redirect("console:credit_note", found.id)


def _form(request: ConsoleRequest, invoice: Invoice, typed: QueryDict | None) -> CreditNoteForm:
    organization = request.access.organization
    offers = bool(
        invoice.paid_minor and request.access.may(Permission.REFUND) and takes_refunds(organization, invoice)
    )
    left = lines_left(organization, invoice)
    if typed is not None:
        return CreditNoteForm(typed, invoice=invoice, left=left, offers_refund=offers)
    return CreditNoteForm.fresh(
        invoice=invoice, left=left, offers_refund=offers, everything=bool(request.GET.get("all"))
    )


def _issued(request: ConsoleRequest, invoice: Invoice, form: CreditNoteForm) -> CreditNote:
    try:
        return credit_invoice(
            organization=request.access.organization,
            invoice_id=invoice.id,
            wanted=form.wanted,
            reason=form.cleaned_data["reason"],
            key=f"console:{form.cleaned_data['key']}",
            actor=request.access.actor,
        )
    except FieldErrors as error:
        raise form.at_fields(error) from error


def _sums(request: ConsoleRequest, invoice: Invoice, form: CreditNoteForm) -> dict[str, Any]:
    """``planned``, or the ``problem`` why there is none yet. Before anything is typed there is neither."""
    form.is_valid()
    wanted = form.wanted
    if not wanted:
        return {"planned": None, "problem": ""}
    try:
        planned = plan(request.access.organization, invoice, wanted)
    except (FieldErrors, NotCreditable) as error:
        sentences = error.errors.values() if isinstance(error, FieldErrors) else [error.message]
        return {"planned": None, "problem": " ".join(sentences)}
    return {"planned": planned, "problem": "", "left_open": _left_open(planned)}


def _left_open(planned: Planned) -> int:
    return max(0, planned.invoice.open_minor - planned.total_minor)


def _give_back(request: ConsoleRequest, note: CreditNote, key: str) -> None:
    """Says what became of it. The credit note stands whatever a provider answers: what did not go back is credit."""
    try:
        given = refund_freed(
            organization=request.access.organization,
            credit_note_id=note.id,
            key=f"console:{key}",
            actor=request.access.actor,
        )
    except AllsquareError as error:
        messages.error(request, _kept(error.message))
        return
    unit = currency(note.currency)
    sums: defaultdict[str, int] = defaultdict(int)
    for each in given.made:
        sums[each.state] += each.amount_minor
    refused = Money(sums.pop(RefundState.FAILED, 0) + sum(each.amount.minor for each in given.not_made), unit)
    unheard = Money(sums.pop(RefundState.STARTED, 0) + sums.pop(RefundState.UNKNOWN, 0), unit)
    goes_back = Money(sum(sums.values()), unit)
    reasons = [each.failure_message for each in given.made if each.state == RefundState.FAILED]
    reason = " ".join(dict.fromkeys([*reasons, *(each.error.message for each in given.not_made)]))
    if goes_back:
        messages.success(
            request, _("%(amount)s goes back by the way it was paid.") % {"amount": amount(goes_back)}
        )
    if unheard:
        messages.info(
            request,
            _("The provider did not say yet whether %(amount)s goes back. It is asked again.")
            % {"amount": amount(unheard)},
        )
    if refused and (goes_back or unheard):
        messages.error(
            request,
            _("%(amount)s was not given back and is kept as customer credit. %(reason)s")
            % {"amount": amount(refused), "reason": reason},
        )
    elif refused:
        messages.error(request, _kept(reason))
    elif not given.made:
        messages.info(request, _("Nothing is paid too much, so nothing was given back."))


def _kept(reason: str) -> str:
    return _("Nothing was given back: it is kept as customer credit. %(reason)s") % {"reason": reason}
