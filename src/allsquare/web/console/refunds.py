"""Refunds: the list, and giving a payment back: the form sent twice gives back once."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.words import shown
from allsquare.identity.permissions import Permission
from allsquare.payments.models import Payment, Refund
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.refund import refund
from allsquare.payments.states import RefundState
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.money import RefundForm
from allsquare.web.console.lists.page import listing
from allsquare.web.console.payments import refundable
from allsquare.web.ui.formats import amount


@staff(Permission.VIEW_SALES)
def refund_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "refunds")


@staff(Permission.REFUND)
def payment_refund(request: ConsoleRequest, payment_id: UUID) -> HttpResponse:
    """The dialog posts here; without one, and after an error, it is a page."""
    payment = get_payment(request.access.organization, payment_id)
    left = refundable(payment)
    posted = request.method == "POST"
    form = RefundForm(currency(payment.currency), request.POST) if posted else RefundForm.fresh(left)
    if posted and form.is_valid():
        made = attempt(form, lambda: _give_back(request, payment, form))
        if made is not None:
            _say(request, made)
            return redirect("console:payment", payment.id)
    context = {"payment": payment, "form": form, "left": left}
    return render(request, "console/payments/refund.html", context, status=422 if posted else 200)


def _give_back(request: ConsoleRequest, payment: Payment, form: RefundForm) -> Refund:
    return refund(
        organization=request.access.organization,
        payment_id=payment.id,
        amount=form.cleaned_data["amount"],
        reason=form.cleaned_data["reason"],
        key=f"console:{form.cleaned_data['key']}",
        actor=request.access.actor,
    )


def _say(request: HttpRequest, made: Refund) -> None:
    facts = {
        "amount": amount(Money(made.amount_minor, currency(made.currency))),
        "reason": shown(made.failure_message),
    }
    if made.state == RefundState.SUCCEEDED:
        messages.success(request, _("%(amount)s is given back.") % facts)
    elif made.state == RefundState.FAILED:
        messages.error(request, _("The provider did not give %(amount)s back. %(reason)s") % facts)
    else:
        messages.info(
            request, _("%(amount)s is on its way back. This page will say when it is there.") % facts
        )
