"""Cards taken in the shop: choosing a reader, watching what happens at it, and taking the payment back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from allsquare.billing.models import Invoice
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.permissions import Permission
from allsquare.payments.card_readers import Counter, can_keep, counters
from allsquare.payments.consent import keep_text
from allsquare.payments.errors import AmountChanged, InvalidPayment
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Payment
from allsquare.payments.selectors import get_payment, invoice_to_record
from allsquare.payments.services.cancel_at_reader import cancel_at_reader
from allsquare.payments.services.take_card import take_card
from allsquare.payments.states import OPEN, PaymentState
from allsquare.selling.selectors import is_counter
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.counter import TakeCardForm
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.only_issued import draft_first
from allsquare.web.ui.formats import amount
from allsquare.web.ui.latest import latest
from allsquare.web.ui.states import PAYMENT


@staff(Permission.RECORD_PAYMENTS, keeps_form=True)
def card_take(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """Which reader wakes up, for how much. Sent twice it is one payment."""
    organization = request.access.organization
    invoice, _by_hand = invoice_to_record(organization, invoice_id)
    if draft := draft_first(request, invoice):
        return draft
    unit = currency(invoice.currency)
    known = counters(organization)
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    agreements = _agreements(request, invoice, known)
    form = (
        TakeCardForm(unit, known, agreements, typed)
        if typed
        else TakeCardForm.fresh(Money(invoice.open_minor, unit), known, agreements)
    )
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: _take(request, invoice, form))
        if made is not None:
            return redirect("console:payment", made.id)
    context = {
        "invoice": invoice,
        "form": form,
        "troubles": [each for each in known if each.trouble],
        "has_readers": any(each.readers for each in known),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/payments/take_card.html", context, status=status)


def _agreements(request: ConsoleRequest, invoice: Invoice, known: Sequence[Counter]) -> list[str]:
    """What the customer agrees to where their card is kept: in the words of each provider that can. Whoever stands for
    many people agrees to nothing for them."""
    organization = request.access.organization
    keeping = [each.account for each in known if can_keep(each.account)]
    if (
        not keeping
        or not request.access.may(Permission.MANAGE_METHODS)
        or is_counter(organization, invoice.customer_id)
    ):
        return []
    texts = (keep_text(organization.name, account, MethodKind.CARD) for account in keeping)
    return list(dict.fromkeys(texts))


def _take(request: ConsoleRequest, invoice: Invoice, form: TakeCardForm) -> Payment:
    account, reader = form.chosen()
    try:
        return take_card(
            organization=request.access.organization,
            invoice_id=invoice.id,
            amount=form.cleaned_data["amount"],
            gateway_account_id=account,
            reader=reader,
            tips=form.cleaned_data.get("tips", False),
            keep=form.cleaned_data.get("keep", False),
            key=f"console:{form.cleaned_data['key']}",
            actor=request.access.actor,
        )
    except AmountChanged as problem:  # whose words are for a payer, to whom a page named the sum
        most = amount(Money(invoice.open_minor, currency(invoice.currency)))
        words = _("Only %(most)s of this invoice is open. Nothing was charged. Enter that or less.")
        raise InvalidPayment(words % {"most": most}, field="amount") from problem


@require_safe
@staff(Permission.RECORD_PAYMENTS)
def payment_at_reader(request: ConsoleRequest, payment_id: UUID) -> HttpResponse:
    """What happens at the reader, for the page of the payment, which asks again while it is open."""
    organization = request.access.organization
    payment = get_payment(organization, payment_id)
    if payment.reader:
        payment = latest(organization, payment)
    if payment.state not in OPEN:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "console/payments/_at_reader.html", {"payment": payment})


@post_only
@staff(Permission.RECORD_PAYMENTS)
def payment_cancel_at_reader(request: ConsoleRequest, payment_id: UUID) -> HttpResponse:
    payment = cancel_at_reader(
        organization=request.access.organization, payment_id=payment_id, actor=request.access.actor
    )
    if payment.state == PaymentState.CANCELED:
        messages.success(request, _("The reader waits no longer. Nothing was charged."))
    elif payment.state in OPEN:
        messages.warning(
            request,
            _("The reader did not answer. The provider is asked again by itself: wait for its answer."),
        )
    else:
        word = str(PAYMENT[payment.state].label)
        messages.info(
            request, _("It was too late to cancel. The provider says: %(state)s.") % {"state": word}
        )
    return redirect("console:payment", payment_id)
