"""Notes about a customer: read, written, pinned; never changed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.customers.models import CustomerNote
from allsquare.customers.selectors import get_customer, get_note, notes_of
from allsquare.customers.services.add_note import add_note
from allsquare.customers.services.pin_note import pin_note
from allsquare.identity.permissions import Permission
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.contact import NoteForm
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.paging import Cursor, page


@staff(Permission.VIEW_SALES)
def note_list(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    """All notes of a customer."""
    organization = request.access.organization
    found = get_customer(organization, customer_id)

    def read(after: Cursor | None, limit: int) -> list[CustomerNote]:
        return notes_of(organization, found.id, before=after.id if after else None, limit=limit)

    def back(before: Cursor, limit: int) -> list[CustomerNote]:
        return notes_of(organization, found.id, after=before.id, limit=limit)

    notes = page(request, read, back, lambda row: Cursor(row.id))
    context = {"customer": found, "page": notes, "note_form": NoteForm.fresh(), "tab": "notes"}
    return render(request, "console/customers/notes.html", context)


@staff(Permission.WRITE_NOTES, keeps_form=True)
def note_new(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    """The forms on the customer's page and on that of the notes post here; after an error it is a page."""
    organization = request.access.organization
    found = get_customer(organization, customer_id)
    posted = request.method == "POST"
    typed = request.POST if posted else kept_form.take(request)
    form = NoteForm(typed) if typed is not None else NoteForm.fresh()
    if posted and form.is_valid():
        given = form.cleaned_data
        made = attempt(
            form,
            lambda: add_note(
                organization=organization, customer_id=found.id, actor=request.access.actor, **given
            ),
        )
        if made is not None:
            messages.success(request, _("The note is saved."))
            return redirect("console:customer", found.id)
    context = {"customer": found, "note_form": form}
    return render(request, "console/customers/note.html", context, status=422 if posted else 200)


@post_only
@staff(Permission.WRITE_NOTES)
def note_pin(request: ConsoleRequest, note_id: UUID) -> HttpResponse:
    note = get_note(request.access.organization, note_id)
    _pin(request, note.customer_id, note.id)
    messages.success(request, _("The note now stands first on this page."))
    return redirect("console:customer", note.customer_id)


@post_only
@staff(Permission.WRITE_NOTES)
def note_unpin(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    _pin(request, customer_id, None)
    messages.success(request, _("No note stands first any more. The note itself stays."))
    return redirect("console:customer", customer_id)


def _pin(request: ConsoleRequest, customer_id: UUID, note_id: UUID | None) -> None:
    pin_note(
        organization=request.access.organization,
        customer_id=customer_id,
        note_id=note_id,
        actor=request.access.actor,
    )
