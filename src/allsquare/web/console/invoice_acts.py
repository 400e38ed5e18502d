"""What may be done with one invoice beside writing, issuing and paying it: void, write off, copy, mail, throw away."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.billing import selectors as billing
from allsquare.billing.errors import NotADraft
from allsquare.billing.models import Invoice, WriteOff
from allsquare.billing.services.delete_draft import delete_draft
from allsquare.billing.services.duplicate import duplicate
from allsquare.billing.services.take_back_write_off import take_back_write_off
from allsquare.core.errors import Conflict, InvalidInput
from allsquare.identity.permissions import Permission
from allsquare.notifications.services.mail_invoice import mail_invoice
from allsquare.payments.services.allow_parts import allow_parts
from allsquare.payments.services.void_unpaid import void_unpaid
from allsquare.payments.services.write_off_and_close import write_off_and_close
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.money import VoidForm, WriteOffForm, new_key
from allsquare.web.console.forms.send import SendForm
from allsquare.web.console.mails import not_sent
from allsquare.web.console.only_issued import draft_first


@staff(Permission.VOID_INVOICES, keeps_form=True)
def invoice_void(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """The dialog posts here; without one, and after an error, it is a page."""
    organization = request.access.organization
    found = billing.get_invoice(organization, invoice_id)
    if draft := draft_first(request, found):
        return draft
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = VoidForm(typed)
    if request.method == "POST" and form.is_valid() and _voided(request, found, form):
        messages.success(request, _("Invoice %(number)s is void.") % {"number": found.number})
        return redirect("console:invoice", found.id)
    status = 422 if request.method == "POST" else 200
    return render(request, "console/invoices/void.html", {"invoice": found, "form": form}, status=status)


def _voided(request: ConsoleRequest, found: Invoice, form: VoidForm) -> Invoice | None:
    return attempt(
        form,
        lambda: void_unpaid(
            organization=request.access.organization,
            invoice_id=found.id,
            reason=form.cleaned_data["reason"],
            actor=request.access.actor,
        ),
    )


@staff(Permission.WRITE_OFF, keeps_form=True)
def invoice_write_off(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """As with voiding: the dialog posts here, and it is a page as well."""
    organization = request.access.organization
    found = billing.get_invoice(organization, invoice_id)
    if draft := draft_first(request, found):
        return draft
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = WriteOffForm(typed)
    if request.method == "POST" and form.is_valid() and _written_off(request, found, form):
        messages.success(request, _("Invoice %(number)s is written off.") % {"number": found.number})
        return redirect("console:invoice", found.id)
    status = 422 if request.method == "POST" else 200
    return render(request, "console/invoices/write_off.html", {"invoice": found, "form": form}, status=status)


def _written_off(request: ConsoleRequest, found: Invoice, form: WriteOffForm) -> WriteOff | None:
    return attempt(
        form,
        lambda: write_off_and_close(
            organization=request.access.organization,
            invoice_id=found.id,
            reason=form.cleaned_data["reason"],
            tax_relief=form.cleaned_data["tax_relief"],
            actor=request.access.actor,
        ),
    )


@post_only
@staff(Permission.WRITE_OFF)
def invoice_take_back(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """The write-off was too early: the invoice is open again."""
    try:
        found = take_back_write_off(
            organization=request.access.organization, invoice_id=invoice_id, actor=request.access.actor
        )
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Invoice %(number)s is open again.") % {"number": found.number})
    return redirect("console:invoice", invoice_id)


@post_only
@staff(Permission.EDIT_INVOICES)
def invoice_parts(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """May this one be paid in parts? The button that is offered says the other of the two."""
    allowed = request.POST.get("allowed") == "yes"
    allow_parts(
        organization=request.access.organization,
        invoice_id=invoice_id,
        allowed=allowed,
        actor=request.access.actor,
    )
    sentence = (
        _("The customer may pay this invoice in parts.") if allowed else _("This invoice is paid at once.")
    )
    messages.success(request, sentence)
    return redirect("console:invoice", invoice_id)


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


@post_only
@staff(Permission.EDIT_INVOICES)
def invoice_duplicate(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """Leads into the editor of the copy. The button pressed twice makes one."""
    organization = request.access.organization
    try:
        made = duplicate(
            organization=organization,
            invoice_id=invoice_id,
            key=f"console:{request.POST.get('key') or new_key()}",
            actor=request.access.actor,
        )
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
        return redirect("console:invoice", invoice_id)
    messages.success(request, _("This is a copy, with the same lines and prices. The original is as it was."))
    return redirect("console:invoice_edit", made.id)


@post_only
@staff(Permission.SEND_MAIL, keeps_form=True)
def invoice_mail(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """To the customer's address or another one. A double click sends one. The dialog posts here; after an error it is
    a page, which keeps what was typed."""
    organization, actor = request.access.organization, request.access.actor
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = SendForm(typed)
    mail = (
        attempt(
            form,
            lambda: mail_invoice(organization=organization, invoice_id=invoice_id, actor=actor, **form.added),
        )
        if request.method == "POST" and form.is_valid()
        else None
    )
    if mail is None:
        found = billing.get_invoice(organization, invoice_id)
        back_url = reverse("console:invoice", args=[found.id])
        return not_sent(request, form, about=str(found), back_url=back_url)
    messages.success(request, _("The mail is on its way to %(recipient)s.") % {"recipient": mail.recipient})
    return redirect("console:invoice", invoice_id)
