"""What is open: all invoices of a customer, and the one button that pays those that they chose.

Works without JavaScript: the choice is a form that asks for the same page with the invoices in its address.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from allsquare.core.errors import AllsquareError
from allsquare.core.idempotency import KeyReused
from allsquare.core.ids import new_token
from allsquare.core.ratelimit import Limit, take
from allsquare.customers.selectors import Post, addresses
from allsquare.ledger.errors import PeriodClosed, RateMissing
from allsquare.payments.errors import (
    AmountChanged,
    InvoiceNotPayable,
    PartRefused,
    PaymentUnderWay,
)
from allsquare.payments.models import MethodLink, Payment
from allsquare.payments.selectors import payment_by_key
from allsquare.payments.services.ask_method_link import ask_method_link
from allsquare.payments.services.start_for_customer import start_for_customer
from allsquare.payments.several import Together
from allsquare.payments.states import PaymentState
from allsquare.web.portal.files import logo_response
from allsquare.web.portal.owner import Owner, by_open_link, masked, over
from allsquare.web.portal.pressed import CHOOSE, OTHER_TERMS, TROUBLE, PayForm, agreed_to_another, keeps
from allsquare.web.portal.presses import too_many_presses
from allsquare.web.portal.redirects import SeeOther, away, leads_on
from allsquare.web.portal.several.choice import Account, Choice, accounts_of, choice_of, lines_of
from allsquare.web.portal.several.offered import offers_several
from allsquare.web.portal.visit import Visit, by_link
from allsquare.web.portal.visit import show as show_visit
from allsquare.web.portal.ways import Way, ways_for

#: Mails to one customer because somebody pressed a button.
MAILS: Final = Limit("open-link", most=3, within=timedelta(hours=1))

_CHANGED: Final = _(
    "What is open has changed since this page was opened. Nothing was charged. Look at the new sum and press again."
)
_TROUBLE: Final[Mapping[type[AllsquareError], Promise]] = {
    **TROUBLE,
    AmountChanged: _CHANGED,
    InvoiceNotPayable: _CHANGED,
    PartRefused: _CHANGED,
    PaymentUnderWay: _CHANGED,
    PeriodClosed: _("This cannot be paid at the moment. Nothing was charged. Tell who sent the invoices."),
    RateMissing: _("This cannot be paid at the moment. Nothing was charged. Tell who sent the invoices."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    """``/pay/<token>/open/``: the button that mails the key. An invoice's link may have been forwarded, so it says
    nothing of other invoices. Too many presses look like the first."""
    customer, organization = visit.invoice.customer, visit.organization
    if not offers_several(organization, customer.id):
        return SeeOther(visit.url())
    known = addresses(organization, customer, Post.RECEIPTS)
    pressed = request.method == "POST" and bool(known)
    if pressed and take(MAILS, str(customer.id)):
        ask_method_link(
            organization=organization,
            customer_id=customer.id,
            actor=visit.actor,
            purpose=MethodLink.Purpose.OPEN,
        )
    facts = {"addresses": [masked(address) for address in known], "pressed": pressed}
    return show_visit(request, visit, "several/ask", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@by_open_link
def page(request: HttpRequest, owner: Owner) -> HttpResponse:
    """``/pay/open/<token>/``: first what is open, then what was chosen of it with the button."""
    if not offers_several(owner.organization, owner.customer.id):
        return over(request)  # what was begun before keeps its pages
    accounts = accounts_of(owner.organization, owner.customer)
    given = request.POST if request.method == "POST" else request.GET
    choice = choice_of(owner.organization, owner.customer, accounts, given)
    if choice is None or not choice.is_right or "again" in given:
        return _choose(request, owner, accounts, choice)
    return _press(request, owner, choice) if request.method == "POST" else _ask(request, owner, choice)


@require_safe
@by_open_link
def logo(request: HttpRequest, owner: Owner) -> HttpResponse:
    return logo_response(owner.organization)


def show(
    request: HttpRequest, owner: Owner, template: str, facts: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """A page with what each of them needs and its own ``facts``."""
    organization = owner.organization
    context = {
        "owner": owner,
        "organization": organization,
        "customer": owner.customer,
        "logo_url": owner.url("open_logo") if organization.logo else "",
        **facts,
    }
    return render(request, f"portal/several/{template}.html", context, status=status)


def _choose(
    request: HttpRequest, owner: Owner, accounts: list[Account], choice: Choice | None
) -> HttpResponse:
    organization = owner.organization
    on_account = organization.on_account
    if not accounts and on_account and owner.customer.currency:
        accounts = [Account.empty(owner.customer.currency)]
    given = request.POST if request.method == "POST" else request.GET
    several = organization.several_invoices
    facts = {
        "tables": [(account, lines_of(account, choice, given, several=several)) for account in accounts],
        "choice": choice,
        "several": several,
        "on_account": on_account,
    }
    wrong = choice is not None and bool(choice.error)
    return show(request, owner, "choose", facts, status=422 if wrong else 200)


def _ask(
    request: HttpRequest,
    owner: Owner,
    choice: Choice,
    *,
    trouble: Promise | None = None,
    pressed: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page with the button. ``trouble`` says why the press before did nothing."""
    ways = _ways(owner, choice)
    names = [way.value for way in ways]
    facts = {
        "choice": choice,
        "ways": ways,
        "chosen": pressed if pressed in names else next(iter(names), ""),
        "processors": sorted({way.processor for way in ways if not way.is_awaited}),
        "nonce": new_token(),
        "trouble": trouble or (_CHANGED if choice.gone else None),
    }
    return show(request, owner, "pay", facts, status=status)


def _ways(owner: Owner, choice: Choice) -> list[Way]:
    """A transfer is recorded at one of the invoices that it is for, so it is not offered without any."""
    country = owner.customer.country
    ways = ways_for(owner.organization, owner.customer.id, choice.total, country=country)
    return [way for way in ways if choice.rows or not way.is_awaited]


def _press(request: HttpRequest, owner: Owner, choice: Choice) -> HttpResponse:
    form = PayForm(request.POST)
    way = next((way for way in _ways(owner, choice) if way.value == form.data.get("method")), None)
    if not form.is_valid() or way is None:
        return _ask(request, owner, choice, trouble=CHOOSE, status=422)
    if form.cleaned_data["amount"] != choice.total.minor or choice.gone:
        return _ask(request, owner, choice, trouble=_CHANGED, pressed=way.value, status=409)
    if agreed_to_another(way, form.cleaned_data["keep"]):
        return _other_terms(request, owner, choice, way, form.cleaned_data)
    refused = too_many_presses(request, way, invoice_id=owner.customer.id)
    return refused or _pay(request, owner, choice, way, form.cleaned_data)


def _pay(
    request: HttpRequest, owner: Owner, choice: Choice, way: Way, pressed: dict[str, Any]
) -> HttpResponse:
    try:
        payment = _start(owner, choice, way, pressed)
    except tuple(_TROUBLE) as error:
        begun = _begun(owner, choice, way, pressed) if isinstance(error, KeyReused) else None
        if begun is not None:
            return _onward(owner, begun)
        trouble, status = _TROUBLE[type(error)], error.status
        accounts = accounts_of(owner.organization, owner.customer)
        again = choice_of(owner.organization, owner.customer, accounts, request.POST)
        if again is None or not again.is_right:
            return _choose(request, owner, accounts, again)
        return _ask(request, owner, again, trouble=trouble, pressed=way.value, status=status)
    return _onward(owner, payment)


def _other_terms(
    request: HttpRequest, owner: Owner, choice: Choice, way: Way, pressed: dict[str, Any]
) -> HttpResponse:
    """As on the page of one invoice."""
    begun = _begun(owner, choice, way, pressed)
    if begun is not None:
        return _onward(owner, begun)
    return _ask(request, owner, choice, trouble=OTHER_TERMS, pressed=way.value, status=409)


def _begun(owner: Owner, choice: Choice, way: Way, pressed: dict[str, Any]) -> Payment | None:
    """What the same press began before, at an account whose turn it is not any more."""
    keep = keeps(way, pressed["keep"]) or agreed_to_another(way, pressed["keep"])
    return payment_by_key(owner.organization, f"together-{_mark(owner, choice, way, pressed, keep=keep)}")


def _onward(owner: Owner, payment: Payment) -> HttpResponse:
    if leads_on(payment):
        return away(payment, owner.url("open_enter", payment_id=payment.id))
    onward = "?onward" if payment.state == PaymentState.STARTED else ""
    return SeeOther(owner.url("open_payment", payment_id=payment.id) + onward)


def _mark(owner: Owner, choice: Choice, way: Way, pressed: dict[str, Any], *, keep: bool) -> str:
    """It names page, choice, way and consent, as on the page of one invoice."""
    shares = sorted((str(name), minor) for name, minor in choice.shares.items())
    chosen = f"{owner.customer.id}/{pressed['nonce']}/{way.value}/{keep}/{shares}/{choice.on_account}"
    return sha256(chosen.encode()).hexdigest()[:32]


def _start(owner: Owner, choice: Choice, way: Way, pressed: dict[str, Any]) -> Payment:
    keep = keeps(way, pressed["keep"])
    mark = _mark(owner, choice, way, pressed, keep=keep)
    first, spares = way.turns(keep=keep)
    return start_for_customer(
        organization=owner.organization,
        asked=Together(
            customer_id=owner.customer.id,
            currency=choice.currency,
            shares=choice.shares,
            on_account=choice.on_account,
            method=way.method,
            account_id=first,
            return_url=settings.BASE_URL + owner.url("open_back", mark=mark),
            saved_method_id=way.saved.id if way.saved else None,
            save_method=keep,
            spare_ids=tuple(spares),
        ),
        key=f"together-{mark}",
        actor=owner.actor,
    )
