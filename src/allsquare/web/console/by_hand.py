"""What a provider never says the end of: a colleague says what they see there. One page each, with a form."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.payments.by_hand import is_said_of_dispute, is_said_of_payment, is_said_of_refund
from allsquare.payments.disputes import get_case
from allsquare.payments.left_open import dispute_left_since, payment_left_since, refund_left_since
from allsquare.payments.models import Dispute, Payment, Refund
from allsquare.payments.selectors import get_payment, get_refund
from allsquare.payments.services.end_dispute_by_hand import end_dispute_by_hand
from allsquare.payments.services.end_payment_by_hand import end_payment_by_hand
from allsquare.payments.services.end_refund_by_hand import end_refund_by_hand
from allsquare.payments.services.take_back_by_hand import take_back_by_hand
from allsquare.payments.states import PaymentState
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.by_hand import WENT, DisputeEndForm, PaymentEndForm, RefundEndForm
from allsquare.web.console.forms.errors import attempt


class _Entered(TypedDict):
    organization: Organization
    reason: str
    key: str
    actor: Actor


def hand_of_payment(organization: Organization, payment: Payment) -> str:
    """``left`` where it is open for too long, ``said`` where a person said how it ended, else "". Asks for nothing."""
    gone = payment.state == PaymentState.SUCCEEDED and not payment.left_minor
    said = is_said_of_payment(payment) and not gone
    return _hand(organization, payment_left_since(payment), said=said)


def hand_of_refund(organization: Organization, refund: Refund) -> str:
    return _hand(organization, refund_left_since(refund), said=is_said_of_refund(refund))


def hand_of_dispute(organization: Organization, dispute: Dispute) -> str:
    return _hand(organization, dispute_left_since(dispute), said=is_said_of_dispute(dispute))


def _hand(organization: Organization, since: datetime | None, *, said: bool) -> str:
    if said:
        return "said"
    return "left" if since and since <= clock.now(organization) else ""


@staff(Permission.RECORD_PAYMENTS, keeps_form=True)
def payment_end(request: ConsoleRequest, payment_id: UUID) -> HttpResponse:
    organization = request.access.organization
    payment = get_payment(organization, payment_id)
    form = PaymentEndForm(payment, clock.today(organization), _typed(request))
    if request.method == "POST" and form.is_valid():
        ended = attempt(form, lambda: _end_payment(request, payment, form))
        if ended is not None:
            messages.success(request, _("What you saw is entered. What the provider says later counts."))
            return redirect("console:payment", payment.id)
    about = {"payment": payment, "hand": hand_of_payment(organization, payment)}
    return _page(request, form, about, reverse("console:payment", args=[payment.id]))


def _end_payment(request: ConsoleRequest, payment: Payment, form: PaymentEndForm) -> Payment:
    entered = _entered(request, form)
    came = form.came()
    if came is None and payment.state == PaymentState.SUCCEEDED:
        return take_back_by_hand(payment_id=payment.id, **entered)
    return end_payment_by_hand(payment_id=payment.id, came=came, **entered)


@staff(Permission.REFUND, keeps_form=True)
def refund_end(request: ConsoleRequest, refund_id: UUID) -> HttpResponse:
    organization = request.access.organization
    refund = get_refund(organization, refund_id)
    form = RefundEndForm(refund, _typed(request))
    if request.method == "POST" and form.is_valid():
        went = form.cleaned_data["said"] == WENT
        entered = _entered(request, form)
        ended = attempt(form, lambda: end_refund_by_hand(refund_id=refund.id, went=went, **entered))
        if ended is not None:
            messages.success(request, _("What you saw is entered. What the provider says later counts."))
            return redirect("console:payment", refund.payment_id)
    about = {
        "payment": refund.payment,
        "refund": refund,
        "hand": hand_of_refund(organization, refund),
    }
    return _page(request, form, about, reverse("console:payment", args=[refund.payment_id]))


@staff(Permission.RECORD_PAYMENTS, keeps_form=True)
def dispute_end(request: ConsoleRequest, dispute_id: UUID) -> HttpResponse:
    organization = request.access.organization
    dispute = get_case(organization, dispute_id).dispute
    form = DisputeEndForm(dispute, _typed(request))
    if request.method == "POST" and form.is_valid():
        entered = _entered(request, form)
        ended = attempt(form, lambda: end_dispute_by_hand(dispute_id=dispute.id, lost=form.lost(), **entered))
        if ended is not None:
            messages.success(request, _("What you saw is entered. What the provider says later counts."))
            return redirect("console:dispute", dispute.id)
    about = {
        "payment": dispute.payment,
        "dispute": dispute,
        "hand": hand_of_dispute(organization, dispute),
    }
    return _page(request, form, about, reverse("console:dispute", args=[dispute.id]))


def _typed(request: ConsoleRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else kept_form.take(request)


def _entered(request: ConsoleRequest, form: Form) -> _Entered:
    return {
        "organization": request.access.organization,
        "reason": form.cleaned_data["reason"],
        "key": f"console:{form.cleaned_data['key']}",
        "actor": request.access.actor,
    }


def _page(request: ConsoleRequest, form: Form, about: dict[str, object], back_url: str) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    context = {**about, "form": form, "back_url": back_url}
    return render(request, "console/payments/end_by_hand.html", context, status=status)
