"""The page of a payment link: what is sold, what may be chosen, and the one button that says the sum.

Without JavaScript: choices are a form that asks for the same page with them in its address.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from allsquare.core.currencies import currency
from allsquare.core.idempotency import KeyReused
from allsquare.core.ids import new_token
from allsquare.core.money import Money
from allsquare.ledger.errors import PeriodClosed
from allsquare.ledger.errors import RateMissing as BookRateMissing
from allsquare.payments.errors import AttemptRefused, GatewayUnavailable, InvalidPayment
from allsquare.selling.buyers import Buyer
from allsquare.selling.card_testing import rests_for
from allsquare.selling.errors import InvalidSale, LinkClosed, SoldOut
from allsquare.selling.models import PaymentLink
from allsquare.selling.selectors import units_left, why_closed
from allsquare.selling.services.start_sale import start_sale
from allsquare.selling.wishes import Wish
from allsquare.tax.errors import RateMissing as TaxRateMissing
from allsquare.web.portal.buy.forms import BuyForm, Choice, choice_of, too_many
from allsquare.web.portal.buy.visit import Shop, by_payment_link, show
from allsquare.web.portal.files import logo_response
from allsquare.web.portal.presses import come_back, too_many_presses
from allsquare.web.portal.redirects import SeeOther, away, leads_on
from allsquare.web.portal.ways import Way, ways_to_buy


@require_http_methods(["GET", "HEAD", "POST"])
@by_payment_link
def page(request: HttpRequest, shop: Shop) -> HttpResponse:
    """``/buy/<token>/``."""
    if request.method == "POST":
        return _press(request, shop)
    closed = why_closed(shop.organization, shop.link)
    if closed:
        return _closed(request, shop, closed)
    choice = choice_of(shop.link, request.GET)
    if choice.wish is None or "again" in request.GET:
        return _choose(request, shop, choice)
    return _ask(request, shop, choice, choice.wish)


@require_safe
@by_payment_link
def logo(request: HttpRequest, shop: Shop) -> HttpResponse:
    return logo_response(shop.organization)


def mark_of(link: PaymentLink, nonce: str, method: str, wish: Wish) -> str:
    """Names the press: another choice on the same page is another sale, and so is the same at another link."""
    chosen = f"{link.id}/{nonce}/{method}/{wish.quantity}/{wish.price_minor}/{wish.tip_minor}"
    return sha256(chosen.encode()).hexdigest()[:32]


def _closed(request: HttpRequest, shop: Shop, sentence: str, *, status: int = 200) -> HttpResponse:
    return show(request, shop, "closed", {"sentence": sentence}, status=status)


def _choose(request: HttpRequest, shop: Shop, choice: Choice) -> HttpResponse:
    unit = currency(shop.link.currency)
    facts = {
        "choice": choice,
        "price": Money(shop.link.price_minor or 0, unit),
        "least": Money(max(shop.link.least_minor, 1), unit),
        "suggested": [Money(minor, unit) for minor in shop.link.suggested],
        "left": units_left(shop.organization, shop.link),
    }
    return show(request, shop, "choose", facts, status=422 if choice.error else 200)


def _ask(
    request: HttpRequest,
    shop: Shop,
    choice: Choice,
    wish: Wish,
    *,
    form: BuyForm | None = None,
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page with the button. ``trouble`` says why the press before did nothing."""
    left = units_left(shop.organization, shop.link)
    if left and wish.quantity > left:
        return _choose(request, shop, too_many(choice, left))
    unit = currency(shop.link.currency)
    total = Money(wish.total_minor, unit)
    ways = ways_to_buy(shop.organization, total)
    chosen = form.data.get("method", "") if form else ""
    if chosen not in [way.value for way in ways]:
        chosen = ways[0].value if ways else ""
    facts = {
        "choice": choice,
        "wish": wish,
        "total": total,
        "price": Money(wish.price_minor, unit),
        "tip": Money(wish.tip_minor, unit),
        "ways": ways,
        "chosen": chosen,
        "held_back": left == 0,
        "processors": sorted({way.processor for way in ways}),
        "nonce": new_token(),
        "form": form,
        "trouble": trouble,
    }
    return show(request, shop, "pay", facts, status=status)


def _press(request: HttpRequest, shop: Shop) -> HttpResponse:
    seconds = rests_for(shop.organization, shop.link)
    if seconds:
        return come_back(request, seconds)
    choice = choice_of(shop.link, request.POST)
    if choice.wish is None:
        return _choose(request, shop, choice)
    form, wish = BuyForm(request.POST), choice.wish
    ways = ways_to_buy(shop.organization, Money(wish.total_minor, currency(shop.link.currency)))
    way = next((way for way in ways if way.value == form.data.get("method")), None)
    if not form.is_valid() or way is None:
        wrong = _("This is not an e-mail address. Write it like name@example.com.")
        trouble = wrong if "email" in form.errors else _("Choose a way to pay. Nothing was charged.")
        return _ask(request, shop, choice, wish, form=form, trouble=trouble, status=422)
    if (form.cleaned_data["amount"], form.cleaned_data["currency"]) != (wish.total_minor, shop.link.currency):
        trouble = _("The price has changed. Nothing was charged. Look at the new sum and press again.")
        return _ask(request, shop, choice, wish, form=form, trouble=trouble, status=409)
    refused = too_many_presses(request, way)
    return refused or _sell(request, shop, choice, wish, way, form)


def _sell(
    request: HttpRequest, shop: Shop, choice: Choice, wish: Wish, way: Way, form: BuyForm
) -> HttpResponse:
    pressed: dict[str, Any] = form.cleaned_data
    mark = mark_of(shop.link, pressed["nonce"], way.value, wish)
    there = shop.url("sale", mark=mark)
    first, spares = way.turns()
    try:
        _sale, payment = start_sale(
            organization=shop.organization,
            link=shop.link,
            wish=wish,
            buyer=Buyer(name=pressed["name"], email=pressed["email"], language=shop.language),
            method=way.method,
            gateway_account_id=first,
            spare_account_ids=spares,
            key=f"buy-{mark}",
            return_url=settings.BASE_URL + there,
            actor=shop.actor,
        )
    except (SoldOut, LinkClosed) as problem:
        return _closed(request, shop, problem.message, status=problem.status)
    except (PeriodClosed, BookRateMissing, TaxRateMissing):
        sentence = _("This cannot be bought at the moment. Nothing was charged. Tell whoever sells it.")
        return _closed(request, shop, sentence, status=409)
    except (AttemptRefused, InvalidPayment, InvalidSale, GatewayUnavailable, KeyReused) as problem:
        return _ask(request, shop, choice, wish, form=form, trouble=problem.message, status=problem.status)
    if leads_on(payment):
        return away(payment, shop.url("enter", mark=mark))
    return SeeOther(there)
