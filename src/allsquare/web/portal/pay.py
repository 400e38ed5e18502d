"""The pay page: what is asked for, and the one button that pays it.

Works without JavaScript: a form, a redirect to the provider's page, and back to the page of the payment.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from allsquare.billing.services.view import mark_viewed
from allsquare.core.errors import AllsquareError
from allsquare.core.idempotency import KeyReused
from allsquare.core.ids import new_token
from allsquare.payments.automatic import standing_of
from allsquare.payments.errors import (
    AmountChanged,
    GatewayUnavailable,
    InvalidPayment,
    InvoiceNotPayable,
    PaymentUnderWay,
)
from allsquare.payments.models import Payment
from allsquare.payments.selectors import payments_of_invoice, waiting_transfers
from allsquare.payments.services.start import start_payment
from allsquare.payments.states import PaymentState
from allsquare.payments.under_way import is_under_way
from allsquare.web.portal.latest import latest
from allsquare.web.portal.payment import paid_page, under_way_url
from allsquare.web.portal.redirects import SeeOther, away
from allsquare.web.portal.viewing import is_a_view
from allsquare.web.portal.visit import Visit, by_link, show
from allsquare.web.portal.ways import Way, method_name, ways_of

_TROUBLE: Final[dict[type[AllsquareError], Promise]] = {
    InvalidPayment: _("This way to pay is no longer there. Nothing was charged. Choose another one."),
    GatewayUnavailable: _(
        "This way to pay does not work at the moment. Nothing was charged. Choose another one."
    ),
    KeyReused: _("This page was used before. Nothing was charged. Look at it again and press the button."),
}
_CHOOSE: Final = _("Choose a way to pay. Nothing was charged.")


class PayForm(forms.Form):
    """What the button sends: the sum that it showed, a name for this press, the way, and consent.

    ``keep`` names the way whose text was agreed to: a tick beside the card is no consent to a debit.
    ``nonce`` is made anew for every page shown, so that a repeat of one press is known as such.
    """

    amount = forms.IntegerField(min_value=1)
    nonce = forms.RegexField(r"^[A-Za-z0-9_-]{22}$")
    method = forms.ChoiceField()
    keep = forms.MultipleChoiceField(required=False)

    def __init__(self, data: Any, ways: list[Way]) -> None:
        super().__init__(data)
        offered = [(way.value, way.value) for way in ways]
        self.fields["method"] = forms.ChoiceField(choices=offered)
        self.fields["keep"] = forms.MultipleChoiceField(choices=offered, required=False)


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
    known = [latest(visit.organization, payment) for payment in earlier]
    if [payment.state for payment in known] != [payment.state for payment in earlier]:
        return SeeOther(visit.url())
    waiting = next((each for each in known if is_under_way(each)), None)
    if waiting:
        return SeeOther(under_way_url(visit, waiting))
    return _ask(request, visit)


def _ask(
    request: HttpRequest,
    visit: Visit,
    *,
    trouble: Promise | None = None,
    chosen: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page with the button. ``trouble`` says why the press before did nothing."""
    ways = ways_of(visit.organization, visit.invoice)
    if chosen not in [way.value for way in ways]:
        chosen = ways[0].value if ways else ""
    facts = {
        "ways": ways,
        "chosen": chosen,
        "processors": sorted({way.processor for way in ways if not way.is_awaited}),
        "offers_transfer": any(way.is_awaited for way in ways),
        "announced": next(iter(waiting_transfers(visit.organization, visit.invoice.id)), None),
        "automatic": _automatic(visit),
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
    ways = ways_of(visit.organization, visit.invoice)
    form = PayForm(request.POST, ways)
    if not form.is_valid():
        return _ask(request, visit, trouble=_CHOOSE, status=422)
    pressed = form.cleaned_data
    if pressed["amount"] != visit.invoice.open_minor:
        return _changed(request, visit)
    way = next(way for way in ways if way.value == pressed["method"])
    try:
        payment = _start(
            visit, way, nonce=pressed["nonce"], keep=way.can_be_kept and way.value in pressed["keep"]
        )
    except (InvoiceNotPayable, PaymentUnderWay):
        return SeeOther(visit.url())  # that page says what became of it
    except AmountChanged:
        visit.invoice.refresh_from_db(fields=["paid_minor", "state"])
        return _changed(request, visit)
    except (InvalidPayment, GatewayUnavailable, KeyReused) as error:
        return _ask(request, visit, trouble=_TROUBLE[type(error)], chosen=way.value, status=error.status)
    return _onward(visit, payment)


def _start(visit: Visit, way: Way, *, nonce: str, keep: bool) -> Payment:
    """Ask for the whole open sum. The key names page, way and consent, so a second press of the same is the
    first, and another choice on the same page (after coming back) is a request of its own."""
    chosen = f"{visit.invoice.id}/{nonce}/{way.value}/{keep}"
    mark = sha256(chosen.encode()).hexdigest()[:32]
    return start_payment(
        organization=visit.organization,
        invoice_id=visit.invoice.id,
        amount=visit.bill.open,
        method=way.method,
        gateway_account_id=way.account.id,
        key=f"pay-{mark}",
        actor=visit.actor,
        return_url=settings.BASE_URL + visit.url("back", mark=mark),
        saved_method_id=way.saved.id if way.saved else None,
        save_method=keep,
    )


def _onward(visit: Visit, payment: Payment) -> HttpResponse:
    """To the provider's page if there is something to do there, else to how it went."""
    if payment.state == PaymentState.NEEDS_ACTION:
        return away(payment)
    return SeeOther(under_way_url(visit, payment))


def _changed(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Another payment or a refund came between: the payer sees the new sum before anything is asked for."""
    if not visit.bill.can_be_paid:
        return SeeOther(visit.url())
    return show(request, visit, "amount_changed", status=409)
