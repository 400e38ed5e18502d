"""Saved payment methods, as their owner sees and changes them.

An invoice's link shows no more than brand and last four, and pays that invoice: it may have been forwarded. Whoever
wants to change something asks for a link of its own, which goes to the address that the business knows
(``docs/decisions/0021``).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.ratelimit import Limit, take
from allsquare.customers.selectors import Post, addresses
from allsquare.payments.autopay import agreement_of, agreement_text, upcoming
from allsquare.payments.saved import default_method, kept_methods, saved_methods
from allsquare.payments.services.ask_method_link import ask_method_link
from allsquare.payments.services.remove_method import remove_method
from allsquare.payments.services.set_default_method import set_default_method
from allsquare.selling.selectors import is_counter
from allsquare.web.portal.owner import Owner, by_method_link, masked
from allsquare.web.portal.redirects import SeeOther
from allsquare.web.portal.visit import Visit, by_link, show
from allsquare.web.portal.ways import method_name

#: Mails to one customer because somebody pressed a button.
MAILS: Final = Limit("method-link", most=3, within=timedelta(hours=1))

#: The worker looks at open invoices by then, and plans what it will charge.
PLANNED: Final = timedelta(minutes=1)


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


@require_safe
@by_method_link
def page(request: HttpRequest, owner: Owner) -> HttpResponse:
    """``/pay/methods/<token>/``."""
    kept = kept_methods(owner.organization, owner.customer.id)
    agreement = agreement_of(owner.organization, owner.customer.id)
    context = {
        "owner": owner,
        "organization": owner.organization,
        "customer": owner.customer,
        "rows": [{"kept": each, "name": method_name(each.method)} for each in kept],
        "agreement": agreement,
        "just_agreed": agreement is not None
        and clock.now(owner.organization) - agreement.consent.created_at < PLANNED,
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
    return SeeOther(owner.url("methods"))


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
    return SeeOther(owner.url("methods"))
