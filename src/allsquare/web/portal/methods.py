"""Saved payment methods, as their owner sees and changes them.

An invoice's link shows no more than brand and last four, and pays that invoice: it may have been forwarded. Whoever
wants to change something asks for a link of its own, which goes to the address that the business knows
(``docs/decisions/0021``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Concatenate, Final, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allsquare.core.actor import Actor, customer_actor
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.ratelimit import Limit, take
from allsquare.customers.models import Customer
from allsquare.customers.selectors import Post, addresses
from allsquare.identity.models import Organization
from allsquare.payments.automatic import agreement_of, agreement_text, upcoming
from allsquare.payments.errors import MethodUnknown
from allsquare.payments.models import MethodLink
from allsquare.payments.saved import default_method, kept_methods, method_link, saved_methods
from allsquare.payments.services.ask_method_link import ask_method_link
from allsquare.payments.services.remove_method import remove_method
from allsquare.payments.services.set_default_method import set_default_method
from allsquare.selling.selectors import is_counter
from allsquare.web.portal.redirects import SeeOther
from allsquare.web.portal.visit import Visit, by_link, page_language, show, too_many_guesses, wrong_link
from allsquare.web.portal.ways import method_name
from allsquare.web.ui.client import client_address

P = ParamSpec("P")

#: Mails to one customer because somebody pressed a button.
MAILS: Final = Limit("method-link", most=3, within=timedelta(hours=1))

_OVER: Final = gettext_lazy(
    "This link leads nowhere, or its hour is over. Ask for a new one from the page of your invoice."
)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    """``/pay/<token>/methods/``: what is saved, as far as a link may say, and the button that mails the key to it. Too
    many presses look like the first: nobody is told how many mails there were."""
    customer, organization = visit.invoice.customer, visit.organization
    # Who stands for many people has nothing saved that one of them may see.
    shared = is_counter(organization, customer.id)
    known = [] if shared else addresses(organization, customer, Post.RECEIPTS)
    pressed = request.method == "POST" and bool(known)
    if pressed and take(MAILS, str(customer.id)):
        ask_method_link(organization=organization, customer_id=customer.id, actor=visit.actor)
    facts = {
        "methods": [] if shared else [method_name(each) for each in saved_methods(organization, customer.id)],
        "addresses": [masked(address) for address in known],
        "pressed": pressed,
    }
    return show(request, visit, "methods_ask", facts)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who reads the customer's mail."""

    token: str
    link: MethodLink
    actor: Actor

    @property
    def organization(self) -> Organization:
        return self.link.organization

    @property
    def customer(self) -> Customer:
        return self.link.customer

    @property
    def url(self) -> str:
        return reverse("portal:methods", args=[self.token])


def by_method_link(
    view: Callable[Concatenate[HttpRequest, Owner, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """As ``by_link``, for the link that was mailed to the customer."""

    @wraps(view)
    def page(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        refused = too_many_guesses(request)
        if refused is not None:
            return refused
        try:
            link = method_link(token)
        except MethodUnknown:
            return wrong_link(request, _OVER)
        actor = customer_actor(
            link.customer_id,
            link.customer.name,
            address=client_address(request),
            request=request.META.get("ALLSQUARE_REQUEST_ID", ""),
        )
        language = page_language(link.language)
        with translation.override(language):
            response = view(request, Owner(token, link, actor), *args, **kwargs)
        response.headers.setdefault("Content-Language", language)
        patch_cache_control(response, private=True, no_store=True)
        return response

    return page


@require_safe
@by_method_link
def page(request: HttpRequest, owner: Owner) -> HttpResponse:
    """``/pay/methods/<token>/``."""
    kept = kept_methods(owner.organization, owner.customer.id)
    context = {
        "owner": owner,
        "organization": owner.organization,
        "customer": owner.customer,
        "rows": [{"kept": each, "name": method_name(each.method)} for each in kept],
        "agreement": agreement_of(owner.organization, owner.customer.id),
        "agreement_text": agreement_text(owner.organization.name),
        "can_agree": default_method(owner.organization, owner.customer.id) is not None,
        "upcoming": [
            {"charge": each, "amount": Money(each.invoice.open_minor, currency(each.invoice.currency))}
            for each in upcoming(owner.organization, customer_id=owner.customer.id)
        ],
    }
    return render(request, "portal/methods.html", context)


@require_POST
@by_method_link
def first(request: HttpRequest, owner: Owner, method_id: UUID) -> HttpResponse:
    """``/pay/methods/<token>/<id>/first``. Pressing twice is harmless."""
    method = set_default_method(
        organization=owner.organization,
        customer_id=owner.customer.id,
        method_id=method_id,
        actor=owner.actor,
    )
    messages.success(request, _("%(method)s comes first now.") % {"method": method_name(method)})
    return SeeOther(owner.url)


@require_POST
@by_method_link
def remove(request: HttpRequest, owner: Owner, method_id: UUID) -> HttpResponse:
    """``/pay/methods/<token>/<id>/remove``. Pressing twice is harmless."""
    method = remove_method(
        organization=owner.organization,
        customer_id=owner.customer.id,
        method_id=method_id,
        actor=owner.actor,
    )
    messages.success(
        request, _("%(method)s is removed and is not charged any more.") % {"method": method_name(method)}
    )
    return SeeOther(owner.url)


def masked(address: str) -> str:
    """Enough to be recognised by its owner: *g•••@example.com*."""
    name, _at, host = address.rpartition("@")
    return f"{name[:1]}•••@{host}"
