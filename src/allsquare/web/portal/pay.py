"""The pay page: what is asked for, and the one button that pays it.

Works without JavaScript: a form, a redirect to the provider's page, and back to the page of the payment.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.views.decorators.http import require_http_methods

from allsquare.billing.services.view import mark_viewed
from allsquare.core.ids import new_token
from allsquare.core.money import Money
from allsquare.payments.arrivals import LARGEST as LARGEST_SUM
from allsquare.payments.autopay import standing_of
from allsquare.payments.errors import (
    AmountChanged,
    InvoiceNotPayable,
    PartRefused,
    PaymentUnderWay,
)
from allsquare.payments.models import Payment
from allsquare.payments.parts import span_of
from allsquare.payments.selectors import payment_by_key, payments_of_invoice, waiting_transfers
from allsquare.payments.services.start import start_payment
from allsquare.payments.slips import is_sent_there
from allsquare.payments.states import PaymentState
from allsquare.payments.under_way import is_at_reader, is_under_way
from allsquare.web.portal.payment import paid_page, under_way_url
from allsquare.web.portal.payment_facts import asked_of
from allsquare.web.portal.pressed import CHOOSE, OTHER_TERMS, TROUBLE, PayForm, agreed_to_another, keeps
from allsquare.web.portal.presses import too_many_presses
from allsquare.web.portal.redirects import SeeOther, away, leads_on
from allsquare.web.portal.several.offered import offers_several
from allsquare.web.portal.sums import LONGEST, Sum, sum_of
from allsquare.web.portal.viewing import is_a_view
from allsquare.web.portal.visit import Visit, by_link, show
from allsquare.web.portal.ways import Way, closes_pages, method_name, paid_with, ways_of
from allsquare.web.ui.latest import latest_of


class _SumForm(PayForm):
    """``sum`` is what the payer typed, where they chose the sum."""

    sum = forms.CharField(max_length=LONGEST, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """``/pay/<token>/``."""
    return _press(request, visit) if request.method == "POST" else _look(request, visit)


def _look(request: HttpRequest, visit: Visit) -> HttpResponse:
    if is_a_view(request, visit.organization):
        mark_viewed(organization=visit.organization, invoice_id=visit.invoice.id, actor=visit.actor)
    if visit.bill.is_closed:
        return show(request, visit, "closed")
    earlier = payments_of_invoice(visit.organization, visit.invoice)
    if not visit.bill.can_be_paid:
        return paid_page(request, visit, earlier)
    # Somebody who paid at the provider and came back by the mail's link must not be asked to pay again.
    known = _latest(visit, earlier)
    if [payment.state for payment in known] != [payment.state for payment in earlier]:
        return SeeOther(visit.url())
    asked = sum_of(
        visit.invoice, span_of(visit.organization, visit.invoice, known), request.GET.get("sum", "")
    )
    waiting = next((each for each in known if is_under_way(each)), None)
    if waiting and not asked.span.whole:
        return SeeOther(under_way_url(visit, waiting))
    # A page for several invoices is nobody's who has the link of one; it is closed when this one is paid.
    unfinished = next(
        (
            each
            for each in known
            if each.state == PaymentState.NEEDS_ACTION and each.share is None and not is_at_reader(each)
        ),
        None,
    )
    if unfinished and is_sent_there(unfinished):
        return _ask(request, visit, asked, waiting=waiting, announced=unfinished)
    return _ask(request, visit, asked, waiting=waiting, unfinished=unfinished)


def _latest(visit: Visit, earlier: Sequence[Payment]) -> list[Payment]:
    """With what of each is for this invoice, where it is for several."""
    known = latest_of(visit.organization, earlier)
    for found, payment in zip(known, earlier, strict=True):
        found.share = payment.share
    return known


def _ask(
    request: HttpRequest,
    visit: Visit,
    asked: Sum,
    *,
    waiting: Payment | None = None,
    unfinished: Payment | None = None,
    announced: Payment | None = None,
    trouble: Promise | None = None,
    chosen: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page with the button. ``trouble`` says why the press before did nothing."""
    ways = ways_of(visit.organization, visit.invoice, asked.now)
    if asked.over.minor:  # more than its owner owes; the service refuses it as well
        ways = [way for way in ways if way.saved is None]
    if chosen not in [way.value for way in ways]:
        chosen = ways[0].value if ways else ""
    facts = {
        "asked": asked,
        "waiting": waiting,
        "unfinished": unfinished,
        "closes": unfinished is not None and closes_pages(unfinished),
        "began": asked_of(unfinished) if unfinished else None,
        "began_with": paid_with(unfinished) if unfinished else "",
        "ways": ways,
        "chosen": chosen,
        "processors": sorted({way.processor for way in ways if not way.is_awaited}),
        "offers_transfer": any(way.is_awaited for way in ways),
        "announced": announced or next(iter(waiting_transfers(visit.organization, visit.invoice.id)), None),
        "automatic": _automatic(visit),
        "offers_several": offers_several(visit.organization, visit.invoice.customer_id),
        "has_saved": any(way.saved for way in ways),
        "nonce": new_token(),
        "trouble": trouble,
    }
    return show(request, visit, "pay", facts, status=status)


def _automatic(visit: Visit) -> dict[str, object] | None:
    """That the invoice will be charged by itself, for a payer who would pay it twice else."""
    standing = standing_of(visit.organization, visit.invoice)
    if standing is None or standing.next is None or standing.method is None:
        return None
    return {"on": standing.next.planned_on, "method": method_name(standing.method)}


def _press(request: HttpRequest, visit: Visit) -> HttpResponse:
    if not visit.bill.can_be_paid:
        return SeeOther(visit.url())
    form = _SumForm(request.POST)
    if not form.is_valid():
        return _ask(request, visit, _asked(visit, form.data.get("sum", "")), trouble=CHOOSE, status=422)
    pressed = form.cleaned_data
    if not _is_on_offer(visit, pressed["amount"], is_chosen=bool(pressed["sum"])):
        return _changed(request, visit)
    now = Money(pressed["amount"], visit.bill.open.currency)
    ways = ways_of(visit.organization, visit.invoice, now)
    way = next((way for way in ways if way.value == pressed["method"]), None)
    if way is None:
        return _ask(request, visit, _asked(visit, pressed["sum"]), trouble=CHOOSE, status=422)
    if agreed_to_another(way, pressed["keep"]):
        return _other_terms(request, visit, way, now, pressed)
    refused = too_many_presses(request, way, invoice_id=visit.invoice.id)
    return refused or _pay(request, visit, way, now, pressed)


def _pay(request: HttpRequest, visit: Visit, way: Way, now: Money, pressed: dict[str, Any]) -> HttpResponse:
    try:
        payment = _start(visit, way, now, pressed)
    except (InvoiceNotPayable, PaymentUnderWay):
        return SeeOther(visit.url())  # that page says what became of it
    except (AmountChanged, PartRefused):
        visit.invoice.refresh_from_db(fields=["paid_minor", "credited_minor", "state"])
        return _changed(request, visit)
    except tuple(TROUBLE) as error:
        again = _asked(visit, pressed["sum"])
        trouble = TROUBLE[type(error)]
        return _ask(request, visit, again, trouble=trouble, chosen=way.value, status=error.status)
    return _onward(visit, payment)


def _other_terms(
    request: HttpRequest, visit: Visit, way: Way, now: Money, pressed: dict[str, Any]
) -> HttpResponse:
    """Nobody is held to words that they did not see; a second press of what was begun before is the first."""
    begun = payment_by_key(visit.organization, f"pay-{_mark(visit, way, now, pressed, keep=True)}")
    if begun is not None:
        return _onward(visit, begun)
    again = _asked(visit, pressed["sum"])
    return _ask(request, visit, again, trouble=OTHER_TERMS, chosen=way.value, status=409)


def _asked(visit: Visit, typed: str) -> Sum:
    return sum_of(visit.invoice, span_of(visit.organization, visit.invoice), typed)


def _is_on_offer(visit: Visit, minor: int, *, is_chosen: bool) -> bool:
    """Whoever chose no sum pays what is open now, as the button said it. The rest is the service's to decide."""
    if is_chosen or minor == visit.invoice.open_minor:
        return minor <= LARGEST_SUM
    return minor == span_of(visit.organization, visit.invoice).whole


def _mark(visit: Visit, way: Way, now: Money, pressed: dict[str, Any], *, keep: bool) -> str:
    """It names page, sum, way and consent, so a second press of the same is the first, and another choice on the same
    page (after coming back) is a request of its own."""
    chosen = f"{visit.invoice.id}/{pressed['nonce']}/{way.value}/{keep}/{now.minor}"
    return sha256(chosen.encode()).hexdigest()[:32]


def _start(visit: Visit, way: Way, now: Money, pressed: dict[str, Any]) -> Payment:
    keep = keeps(way, pressed["keep"])
    mark = _mark(visit, way, now, pressed, keep=keep)
    first, spares = way.turns(keep=keep)
    return start_payment(
        organization=visit.organization,
        invoice_id=visit.invoice.id,
        amount=now,
        method=way.method,
        gateway_account_id=first,
        spare_account_ids=spares,
        key=f"pay-{mark}",
        actor=visit.actor,
        return_url=settings.BASE_URL + visit.url("back", mark=mark),
        saved_method_id=way.saved.id if way.saved else None,
        save_method=keep,
        more=bool(pressed["sum"]),
    )


def _onward(visit: Visit, payment: Payment) -> HttpResponse:
    """To the provider's page if there is something to do there, else to how it went."""
    if leads_on(payment):
        return away(payment, visit.url("enter", payment_id=payment.id))
    return SeeOther(under_way_url(visit, payment))


def _changed(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Another payment or a refund came between: the payer sees the new sum before anything is asked for."""
    if not visit.bill.can_be_paid:
        return SeeOther(visit.url())
    return show(request, visit, "amount_changed", status=409)
