"""How a buying went. What was paid leads on to the receipt of its invoice."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from allsquare.billing.links import pay_url
from allsquare.core.actor import SYSTEM
from allsquare.payments.models import Payment
from allsquare.payments.states import ENDED_UNPAID, PaymentState
from allsquare.selling.models import Sale
from allsquare.selling.selectors import get_sale, payment_of_sale, sale_by_key
from allsquare.selling.services.complete_sale import complete_sale
from allsquare.web.portal.buy.visit import Shop, by_payment_link, show
from allsquare.web.portal.enter import entering
from allsquare.web.portal.payment_facts import facts_of
from allsquare.web.portal.presses import was_paid
from allsquare.web.portal.reasons import reason_of
from allsquare.web.portal.redirects import SeeOther, away, goes_on, leads_on
from allsquare.web.ui.latest import latest

_PAGES = {PaymentState.PENDING: "pending", PaymentState.NEEDS_ACTION: "unfinished"}


@require_safe
@by_payment_link
def page(request: HttpRequest, shop: Shop, mark: str) -> HttpResponse:
    """``/buy/<token>/sale/<mark>/``. The mark is made of the page's own secret, which only who pressed knows."""
    # What a provider adds, the key to its payment too, stays in no history.
    if request.GET.keys() - {"onward"}:
        return SeeOther(shop.url("sale", mark=mark))
    sale = sale_by_key(shop.organization, shop.link, f"buy-{mark}")
    payment = payment_of_sale(shop.organization, sale) if sale else None
    if sale is None or payment is None:
        return SeeOther(shop.url())
    payment = latest(shop.organization, payment)
    complete_sale(organization=shop.organization, sale_id=sale.id, actor=SYSTEM)
    sale = get_sale(shop.organization, sale.id)
    was_paid(request, payment)
    if sale.state == Sale.State.SOLD and sale.invoice is not None:
        receipt = urlsplit(pay_url(shop.organization, sale.invoice)).path
        return SeeOther(f"{receipt}payment/{payment.id}/")
    if goes_on(request, payment):
        return away(payment, shop.url("enter", mark=mark))
    return _how(request, shop, payment)


@require_safe
@by_payment_link
def enter(request: HttpRequest, shop: Shop, mark: str) -> HttpResponse:
    """``/buy/<token>/sale/<mark>/enter``."""
    sale = sale_by_key(shop.organization, shop.link, f"buy-{mark}")
    payment = payment_of_sale(shop.organization, sale) if sale else None
    if payment is None:
        return SeeOther(shop.url())
    return entering(
        request,
        shop.organization,
        payment,
        ended=shop.url("sale", mark=mark),
        show=lambda facts, status: show(request, shop, "enter", facts, status=status),
    )


def _how(request: HttpRequest, shop: Shop, payment: Payment) -> HttpResponse:
    facts = {**facts_of(payment), "seconds": 5}
    if payment.state in ENDED_UNPAID:
        return show(request, shop, "declined", {**facts, "reason": reason_of(payment)})
    if payment.state == PaymentState.SUCCEEDED:
        return show(request, shop, "kept", facts)
    # Of a page that was closed here nobody is told that nothing was charged, before its provider says so.
    was_closed = payment.state == PaymentState.NEEDS_ACTION and not leads_on(payment)
    named = "asking" if was_closed else _PAGES.get(PaymentState(payment.state), "asking")
    return show(request, shop, named, facts)
