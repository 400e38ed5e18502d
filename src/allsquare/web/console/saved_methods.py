"""The saved payment methods of a customer: what there is, what was agreed to, and what a colleague may do with it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.customers.selectors import get_customer
from allsquare.identity.permissions import Permission
from allsquare.payments.autopay import agreement_of, agreement_text, upcoming
from allsquare.payments.consent import show_where
from allsquare.payments.errors import GatewayUnavailable
from allsquare.payments.saved import kept_methods, removed_methods
from allsquare.payments.services.forget_again import forget_again
from allsquare.payments.services.remove_method import remove_method
from allsquare.payments.services.set_default_method import set_default_method
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.shown import saved_method


@staff(Permission.VIEW_SALES)
def customer_methods(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    organization = request.access.organization
    found = get_customer(organization, customer_id)
    typed = kept_form.take(request, at=reverse("console:automatic_agree", args=[found.id]))
    agreement = agreement_of(organization, found.id)
    show_where(organization, [agreement.consent] if agreement else [])
    context = {
        "customer": found,
        "tab": "methods",
        "typed_note": typed.get("note", "") if typed else "",
        "kept": kept_methods(organization, found.id),
        "removed": removed_methods(organization, found.id),
        "agreement": agreement,
        "agreement_text": agreement_text(organization.name),
        "upcoming": upcoming(organization, customer_id=found.id),
    }
    return render(request, "console/customers/methods.html", context)


@post_only
@staff(Permission.MANAGE_METHODS)
def customer_method_first(request: ConsoleRequest, customer_id: UUID, method_id: UUID) -> HttpResponse:
    method = set_default_method(
        organization=request.access.organization,
        customer_id=customer_id,
        method_id=method_id,
        actor=request.access.actor,
    )
    messages.success(request, _("%(method)s comes first now.") % {"method": saved_method(method)})
    return redirect("console:customer_methods", customer_id)


@post_only
@staff(Permission.MANAGE_METHODS)
def customer_method_remove(request: ConsoleRequest, customer_id: UUID, method_id: UUID) -> HttpResponse:
    method = remove_method(
        organization=request.access.organization,
        customer_id=customer_id,
        method_id=method_id,
        actor=request.access.actor,
    )
    messages.success(
        request, _("%(method)s is removed and is not charged any more.") % {"method": saved_method(method)}
    )
    return redirect("console:customer_methods", customer_id)


@post_only
@staff(Permission.MANAGE_METHODS)
def customer_method_forget(request: ConsoleRequest, customer_id: UUID, method_id: UUID) -> HttpResponse:
    """What was removed here, and the provider did not say that it ended."""
    try:
        ended = forget_again(
            organization=request.access.organization,
            customer_id=customer_id,
            method_id=method_id,
            actor=request.access.actor,
        )
    except GatewayUnavailable as silent:
        messages.warning(request, silent.message)
    else:
        if ended:
            messages.success(request, _("The provider keeps it no longer."))
        else:
            messages.error(request, _("The provider refuses to end it. The task says why: end it there."))
    return redirect("console:customer_methods", customer_id)
