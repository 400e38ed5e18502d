"""Refunds: the list, and giving a payment back: the form sent twice gives back once."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.words import shown
from allsquare.identity.permissions import Permission
from allsquare.payments.errors import TaskByItself, TaskUnknown
from allsquare.payments.models import Payment, Refund
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.refund import refund
from allsquare.payments.services.resolve_attention import resolve_attention
from allsquare.payments.states import RefundState
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.money import RefundForm
from allsquare.web.console.lists.page import listing
from allsquare.web.console.payments import refundable
from allsquare.web.ui.formats import amount


@staff(Permission.VIEW_SALES)
def refund_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "refunds")


@staff(Permission.REFUND, keeps_form=True)
def payment_refund(request: ConsoleRequest, payment_id: UUID) -> HttpResponse:
    """The dialog posts here; without one, and after an error, it is a page. ``?task=`` is the task that asks what is to
    become of this money: it is done with the refund."""
    payment = get_payment(request.access.organization, payment_id)
    left = refundable(payment)
    posted = request.method == "POST"
    typed = request.POST if posted else kept_form.take(request)
    form = RefundForm(currency(payment.currency), typed) if typed is not None else RefundForm.fresh(left)
    if posted and form.is_valid():
        made = attempt(form, lambda: _give_back(request, payment, form))
        if made is not None:
            _say(request, made)
            if made.state != RefundState.FAILED:
                _done(request)
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


def _done(request: ConsoleRequest) -> None:
    task_id = request.GET.get("task", "")
    if not task_id or not request.access.may(Permission.RECORD_PAYMENTS):
        return
    # Somebody else may have seen to it meanwhile, and a wrong address is no reason to say that nothing went back.
    with suppress(ValueError, TaskUnknown, TaskByItself):
        resolve_attention(
            organization=request.access.organization, task_id=UUID(task_id), actor=request.access.actor
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
