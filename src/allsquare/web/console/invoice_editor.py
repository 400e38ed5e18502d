"""Writing an invoice: a draft is begun or changed, and kept by itself. Totals come live from the one calculation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.billing import selectors as billing
from allsquare.billing.errors import DraftChanged
from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.identity.permissions import Permission
from allsquare.web.console import editor_saving as saving
from allsquare.web.console import editor_values, kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.editor_preview import preview
from allsquare.web.console.forms.invoice import MOST_ROWS, InvoiceEditor
from allsquare.web.console.forms.money import new_key
from allsquare.web.console.forms.quick import QuickCustomerForm, QuickItemForm
from allsquare.web.console.offered import days_to_pay, offered, taxes
from allsquare.web.ui.formats import time_of_day

#: Read by ``editor_saving.js``: keys of editors whose words the server has.
_KEPT: Final = "kept_editors"
_MOST_KEPT: Final = 9


@staff(Permission.EDIT_INVOICES, keeps_form=True)
def invoice_new(request: ConsoleRequest) -> HttpResponse:
    """``?customer=`` chooses the customer."""
    return _edit(request, None)


@staff(Permission.EDIT_INVOICES, keeps_form=True)
def invoice_edit(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """Drafts only: what is issued is frozen."""
    invoice = billing.get_invoice_with_lines(request.access.organization, invoice_id)
    if invoice.state != "draft":
        messages.info(request, _("This invoice is issued, so it can no longer be changed."))
        return redirect("console:invoice", invoice.id)
    return _edit(request, invoice)


@staff(Permission.EDIT_INVOICES)
def invoice_totals(request: ConsoleRequest) -> HttpResponse:
    """What the rows come to as they stand, for the page to show while somebody types."""
    organization = request.access.organization
    values = request.POST.dict()
    editor = InvoiceEditor(offered(organization, values, lists=False), values, checked=True)
    found = preview(organization, editor)
    amounts = [(place, found.amounts.get(place)) for place in range(len(editor.rows.forms))]
    return render(request, "console/invoices/_totals.html", {"preview": found, "amounts": amounts})


@post_only
@staff(Permission.EDIT_INVOICES)
def invoice_autosave(request: ConsoleRequest) -> HttpResponse:
    """A new draft keeps itself: the first saving begins it, the form's key finds it again."""
    return _autosave(request, None)


@post_only
@staff(Permission.EDIT_INVOICES)
def draft_autosave(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    return _autosave(request, billing.get_invoice(request.access.organization, invoice_id))


@staff(Permission.EDIT_INVOICES)
def signed_in(request: ConsoleRequest) -> HttpResponse:
    """Where a sign-in leads that was made in another tab, in the middle of writing."""
    return render(request, "console/invoices/signed_in.html")


def _autosave(request: ConsoleRequest, invoice: Invoice | None) -> HttpResponse:
    """JSON: where the draft is now, or why it is not kept and (409) what may be chosen. Nothing is entered that
    somebody may still be typing: a new customer waits until a person saves."""
    organization = request.access.organization
    values = request.POST.dict()
    editor = InvoiceEditor(offered(organization, values, lists=False), values, checked=True)
    if not editor.is_valid():
        return _not_saved(saving.first_error(editor))
    if editor.head.cleaned_data["customer"] is None:
        return _not_saved(_("the new customer is entered when you save."), code="waiting")
    try:
        saved = saving.save(request, invoice, editor)
    except DraftChanged as error:
        return _conflict(request, saving.changed_draft(organization, error))
    except saving.REFUSALS as error:
        saving.blame(editor, error)
        return _not_saved(saving.first_error(editor), code=error.code, status=error.status)
    now = time_of_day(clock.now(organization), organization)
    facts = {
        "message": _("Saved %(time)s") % {"time": now},
        "edit_url": reverse("console:invoice_edit", args=[saved.id]),
        "save_url": reverse("console:draft_autosave", args=[saved.id]),
        "seen": billing.mark_of_draft(organization, saved),
    }
    return JsonResponse(facts)


def _not_saved(why: str, *, code: str = "invalid_fields", status: int = 422) -> JsonResponse:
    return JsonResponse({"code": code, "message": _("Not saved yet: %(why)s") % {"why": why}}, status=status)


def _conflict(request: ConsoleRequest, invoice: Invoice) -> JsonResponse:
    organization = request.access.organization
    facts = {
        "code": "draft_changed",
        "title": saving.latest_change(request, invoice).sentence(organization),
        "edit_url": reverse("console:invoice_edit", args=[invoice.id]),
        "save_url": reverse("console:draft_autosave", args=[invoice.id]),
        "seen": billing.mark_of_draft(organization, invoice),
        "key": new_key(),
    }
    return JsonResponse(facts, status=409)


def _edit(request: ConsoleRequest, invoice: Invoice | None) -> HttpResponse:
    if request.method == "POST":
        return _posted(request, invoice, request.POST.dict())
    kept = kept_form.take(request)
    if kept is not None:
        messages.info(request, _("You had been signed out. This is what you had typed; save it now."))
        return _show(request, invoice, _unjudged(request, {name: str(kept[name]) for name in kept}))
    values = _stored(request, invoice)
    choices = offered(request.access.organization, values, known=invoice)
    return _show(request, invoice, InvoiceEditor(choices, values, checked=False))


def _posted(request: ConsoleRequest, invoice: Invoice | None, posted: dict[str, str]) -> HttpResponse:
    organization = request.access.organization
    choices = offered(organization, posted)
    changed = editor_values.rows_changed(posted, choices)
    if changed is not None:
        added = editor_values.row_count(posted) if "more" in posted else None
        return _show(request, invoice, InvoiceEditor(choices, changed, checked=False), focus=added)
    editor = InvoiceEditor(choices, posted, checked=True)
    # Somebody whose draft was changed meanwhile may keep theirs beside it.
    target = None if "as_new" in posted else invoice
    saved = _save(request, target, editor) if editor.is_valid() else None
    if saved is None:
        return _show(request, invoice, editor, status=422)
    if posted.get("then") == "send":
        return _kept(request, editor, redirect("console:invoice_issue", saved.id))
    messages.success(request, _("The draft is saved."))
    return _kept(request, editor, redirect("console:invoice", saved.id))


def _kept(request: ConsoleRequest, editor: InvoiceEditor, response: HttpResponse) -> HttpResponse:
    """Tell the browser that what it kept of this editor is on the server now: a page that was sent cannot hear it."""
    before = request.COOKIES.get(_KEPT, "").split(".")[-_MOST_KEPT:]
    keys = [key for key in (*before, editor.head.cleaned_data["key"]) if key.replace("-", "").isalnum()]
    response.set_cookie(
        _KEPT,
        ".".join(keys),
        max_age=timedelta(days=1),
        path=reverse("console:invoice_list"),
        secure=bool(settings.SESSION_COOKIE_SECURE),
        samesite="Lax",
    )
    return response


def _unjudged(request: ConsoleRequest, values: Mapping[str, str]) -> InvoiceEditor:
    return InvoiceEditor(offered(request.access.organization, values), values, checked=False)


def _stored(request: ConsoleRequest, invoice: Invoice | None) -> Mapping[str, str]:
    organization = request.access.organization
    if invoice is None:
        chosen = request.GET.get("customer", "")
        return editor_values.of_new(customer=chosen, payment_days=days_to_pay(organization, chosen))
    seen = billing.mark_of_draft(organization, invoice)
    return editor_values.of_draft(invoice, taxes(organization), seen=seen)


def _save(request: ConsoleRequest, invoice: Invoice | None, editor: InvoiceEditor) -> Invoice | None:
    """``None`` when something must be mended first; the editor then says what."""
    organization = request.access.organization
    try:
        return saving.save(request, invoice, editor)
    except DraftChanged as error:
        theirs = saving.changed_draft(organization, error)
        saving.changed_meanwhile(request, theirs, editor, seen=billing.mark_of_draft(organization, theirs))
    except saving.REFUSALS as error:
        saving.blame(editor, error)
    return None


def _show(
    request: ConsoleRequest,
    invoice: Invoice | None,
    editor: InvoiceEditor,
    *,
    status: int = 200,
    focus: int | None = None,
) -> HttpResponse:
    """``focus`` is the row that a person asked for and wants to type in."""
    organization = request.access.organization
    # A copy is judged, so that a page that nobody has sent yet shows totals but no errors.
    found = preview(organization, replace(editor, checked=True))
    context = {
        "invoice": invoice,
        "editor": editor,
        "rows": [(row, found.amounts.get(place)) for place, row in enumerate(editor.rows.forms)],
        "blank": editor.rows.empty_form,
        "most_rows": MOST_ROWS,
        "preview": found,
        "focus": focus,
        "quick_customer": QuickCustomerForm(organization),
        "quick_item": QuickItemForm(editor.offered.taxes),
    }
    return render(request, "console/invoices/edit.html", context, status=status)
