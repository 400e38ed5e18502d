"""Customers: the list, one customer with what they owe and did, entering and changing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.billing import selectors as billing
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.customers.selectors import get_customer
from allsquare.customers.services.archive_customer import archive_customer
from allsquare.customers.services.change_customer import change_customer
from allsquare.customers.services.create_customer import create_customer
from allsquare.identity.permissions import Permission
from allsquare.notifications import selectors as notifications
from allsquare.payments import selectors as payments
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.customer import CustomerForm, values_of
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.lists.page import listing
from allsquare.web.console.timeline import timeline

_RECENT = 20


@staff(Permission.VIEW_SALES)
def customer_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "customers")


@staff(Permission.VIEW_SALES)
def customer(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    organization = request.access.organization
    found = get_customer(organization, customer_id)
    invoices = billing.list_invoices(organization, customer_id=found.id, limit=_RECENT)
    paid = payments.list_payments(organization, customer_id=found.id, limit=_RECENT)
    subjects = [found.id, *(row.id for row in invoices), *(row.id for row in paid)]
    context = {
        "customer": found,
        "sums": billing.open_sums(organization, customer_id=found.id),
        "credits": payments.customer_credit(organization, found.id),
        "invoices": invoices,
        "payments": paid,
        "mails": notifications.mails_of_customer(organization, found.id, limit=_RECENT),
        "timeline": timeline(events_of(organization.id, subjects, limit=50), here=request.path),
    }
    return render(request, "console/customers/customer.html", context)


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
        saved = attempt(form, lambda: _save(request, found, form.details()))
        if saved is not None:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return redirect("console:customer", saved.id)
    status = 422 if request.method == "POST" else 200
    return render(request, "console/customers/edit.html", {"customer": found, "form": form}, status=status)


def _save(request: ConsoleRequest, found: Customer | None, details: Any) -> Customer:
    organization, actor = request.access.organization, request.access.actor
    if found is None:
        return create_customer(organization=organization, actor=actor, **details)
    return change_customer(organization=organization, customer_id=found.id, actor=actor, **details)


@post_only
@staff(Permission.EDIT_CUSTOMERS)
def customer_archive(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    found = archive_customer(
        organization=request.access.organization, customer_id=customer_id, actor=request.access.actor
    )
    messages.success(request, _("%(name)s is archived and no longer offered.") % {"name": found.name})
    return redirect("console:customer_list")
