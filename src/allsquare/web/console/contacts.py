"""The people to speak to at a customer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.customers.models import Contact, Customer
from allsquare.customers.selectors import get_contact, get_customer
from allsquare.customers.services.add_contact import add_contact
from allsquare.customers.services.change_contact import change_contact
from allsquare.customers.services.remove_contact import remove_contact
from allsquare.identity.permissions import Permission
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.contact import ContactForm, values_of
from allsquare.web.console.forms.errors import attempt


@staff(Permission.EDIT_CUSTOMERS, keeps_form=True)
def contact_new(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    return _edit(request, get_customer(request.access.organization, customer_id), None)


@staff(Permission.EDIT_CUSTOMERS, keeps_form=True)
def contact_edit(request: ConsoleRequest, contact_id: UUID) -> HttpResponse:
    found = get_contact(request.access.organization, contact_id)
    return _edit(request, found.customer, found)


def _edit(request: ConsoleRequest, customer: Customer, found: Contact | None) -> HttpResponse:
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = ContactForm(typed, initial=values_of(found) if found else None)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, lambda: _save(request, customer, found, form))
        if saved is not None:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return redirect("console:customer", customer.id)
    context = {"customer": customer, "contact": found, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/customers/contact.html", context, status=status)


def _save(request: ConsoleRequest, customer: Customer, found: Contact | None, form: ContactForm) -> Contact:
    organization, actor = request.access.organization, request.access.actor
    if found is None:
        return add_contact(organization=organization, customer_id=customer.id, actor=actor, **form.to_make())
    given = form.to_change()
    return change_contact(organization=organization, contact_id=found.id, actor=actor, **given)


@post_only
@staff(Permission.EDIT_CUSTOMERS)
def contact_remove(request: ConsoleRequest, contact_id: UUID) -> HttpResponse:
    gone = remove_contact(
        organization=request.access.organization, contact_id=contact_id, actor=request.access.actor
    )
    messages.success(request, _("%(name)s is removed.") % {"name": gone.name})
    return redirect("console:customer", gone.customer_id)
