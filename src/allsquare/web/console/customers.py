"""Customers: the list, one customer with what they owe and did, entering and changing."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.billing import selectors as billing
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.customers.selectors import contacts_of, get_customer, notes_of
from allsquare.customers.services.archive_customer import archive_customer
from allsquare.customers.services.change_customer import change_customer
from allsquare.customers.services.create_customer import create_customer
from allsquare.customers.services.restore_customer import restore_customer
from allsquare.identity.permissions import Permission
from allsquare.insights.customer_events import events_around_customer
from allsquare.notifications import selectors as notifications
from allsquare.payments import selectors as payments
from allsquare.payments.saved import kept_methods
from allsquare.web.console import kept_form, shown
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.contact import NoteForm
from allsquare.web.console.forms.customer import CustomerForm, values_of
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.lists.page import listing
from allsquare.web.console.paging import Cursor, page
from allsquare.web.console.timeline import timeline

_RECENT = 5
_HAPPENED = 10


@staff(Permission.VIEW_SALES)
def customer_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "customers")


@staff(Permission.VIEW_SALES)
def customer(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    """The newest of everything, each with the way to all of it: a fixed number of queries, however much there is."""
    organization = request.access.organization
    found = get_customer(organization, customer_id)
    contacts = contacts_of(organization, found.id)
    sums = billing.open_sums(organization, customer_id=found.id)
    happened = events_around_customer(organization, found.id, limit=_HAPPENED)
    credits = payments.customer_credit(organization, found.id)
    open_invoices = billing.open_invoices_of(organization, found.id)
    having = {code for code, minor in credits if minor > 0}
    context = {
        "customer": found,
        "tab": "overview",
        "payable": next((each for each in open_invoices if each.currency in having), None),
        "sums": sums,
        "state": shown.customer_state(found, sums),
        "credits": credits,
        "credit_movements": payments.credit_movements(organization, found.id, limit=_RECENT)
        if credits
        else [],
        "open_invoices": open_invoices,
        "invoices": billing.list_invoices(organization, customer_id=found.id, limit=_RECENT),
        "payments": payments.list_payments(organization, customer_id=found.id, limit=_RECENT),
        "contacts": contacts,
        "gets_invoices": any(contact.gets_invoices for contact in contacts) or found.email,
        "saved": kept_methods(organization, found.id, consents=False),
        "notes": notes_of(organization, found.id, limit=_RECENT),
        "note_form": NoteForm.fresh(),
        "mails": notifications.mails_of_customer(organization, found.id, limit=_RECENT),
        "timeline": timeline(happened, here=request.path),
        "payment_days": organization.payment_days if found.payment_days is None else found.payment_days,
    }
    return render(request, "console/customers/customer.html", context)


@staff(Permission.VIEW_SALES)
def customer_timeline(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    """Everything that happened around the customer, page by page."""
    organization = request.access.organization
    found = get_customer(organization, customer_id)

    def read(after: Cursor | None, limit: int) -> list[Event]:
        last = after.id if after else None
        return events_around_customer(organization, found.id, before=last, limit=limit)

    def back(before: Cursor, limit: int) -> list[Event]:
        return events_around_customer(organization, found.id, after=before.id, limit=limit)

    events = page(request, read, back, lambda row: Cursor(row.id))
    here = reverse("console:customer", args=[found.id])
    context = {
        "customer": found,
        "tab": "timeline",
        "page": events,
        "timeline": timeline(events.rows, here=here),
    }
    return render(request, "console/customers/timeline.html", context)


@staff(Permission.EDIT_CUSTOMERS, keeps_form=True)
def customer_new(request: ConsoleRequest) -> HttpResponse:
    return _edit(request, None)


@staff(Permission.EDIT_CUSTOMERS, keeps_form=True)
def customer_edit(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    return _edit(request, get_customer(request.access.organization, customer_id))


def _edit(request: ConsoleRequest, found: Customer | None) -> HttpResponse:
    organization = request.access.organization
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = CustomerForm(organization, typed, initial=values_of(found) if found else None)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, lambda: _save(request, found, form))
        if saved is not None:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return redirect("console:customer", saved.id)
    status = 422 if request.method == "POST" else 200
    return render(request, "console/customers/edit.html", {"customer": found, "form": form}, status=status)


def _save(request: ConsoleRequest, found: Customer | None, form: CustomerForm) -> Customer:
    organization, actor = request.access.organization, request.access.actor
    if found is None:
        return create_customer(organization=organization, actor=actor, **form.to_make())
    given = form.to_change()
    return change_customer(organization=organization, customer_id=found.id, actor=actor, **given)


@post_only
@staff(Permission.EDIT_CUSTOMERS)
def customer_archive(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    found = archive_customer(
        organization=request.access.organization, customer_id=customer_id, actor=request.access.actor
    )
    messages.success(request, _("%(name)s is archived and no longer offered.") % {"name": found.name})
    return redirect("console:customer_list")


@post_only
@staff(Permission.EDIT_CUSTOMERS)
def customer_restore(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    found = restore_customer(
        organization=request.access.organization, customer_id=customer_id, actor=request.access.actor
    )
    messages.success(request, _("%(name)s is offered again.") % {"name": found.name})
    return redirect("console:customer", found.id)
