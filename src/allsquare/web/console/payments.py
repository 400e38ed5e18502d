"""Payments: the list, and the page *What this payment did*."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.selectors import events_of
from allsquare.core.transfers import creditor_reference, spaced
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.ledger import selectors as ledger
from allsquare.notifications import selectors as notifications
from allsquare.payments import selectors as payments
from allsquare.payments.attention import PAYMENT_REVIEW
from allsquare.payments.models import Payment, Refund
from allsquare.payments.registry import awaiting, is_practice
from allsquare.payments.saved import keeping_at_reader
from allsquare.payments.selectors import Trace
from allsquare.payments.services.ask_provider import ask_provider
from allsquare.payments.services.stop_waiting import stop_waiting
from allsquare.payments.shares import transfer_number
from allsquare.payments.slips import is_with_provider, rows_of, slip_for
from allsquare.payments.states import OPEN, PaymentState
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.by_hand import hand_of_payment, hand_of_refund
from allsquare.web.console.forms.money import RefundForm
from allsquare.web.console.judged import judged_of
from allsquare.web.console.lists.page import listing
from allsquare.web.console.timeline import timeline
from allsquare.web.ui.states import PAYMENT


@staff(Permission.VIEW_SALES)
def payment_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "payments")


@staff(Permission.VIEW_SALES)
def payment(request: ConsoleRequest, payment_id: UUID) -> HttpResponse:
    """Everything that the payment changed, each part linked, with a fixed number of queries."""
    organization = request.access.organization
    trace = payments.trace(organization, payment_id)
    left = refundable(trace.payment)
    subjects = _subjects(trace)
    context = {
        "trace": trace,
        "payment": trace.payment,
        "state": trace.payment.shown_state,
        "is_open": trace.payment.state in OPEN,
        "hand": hand_of_payment(organization, trace.payment),
        "refunds_by_hand": _refunds_by_hand(organization, trace),
        "awaited": _awaited(trace.payment),
        "practice": is_practice(trace.payment.gateway_account),
        "sent_there": _sent_there(organization, trace.payment),
        "keeping": keeping_at_reader(organization, trace.payment),
        "asks_account": is_with_provider(trace.payment),
        "net_minor": trace.payment.captured_minor - trace.payment.fee_minor,
        "left": left,
        "refund_form": RefundForm.fresh(left) if left else None,
        "mails": notifications.mails_of(organization, subjects),
        "timeline": timeline(events_of(organization.id, subjects, limit=200), here=request.path),
        "entries": _entries(request, trace),
        "judged": judged_of(trace, organization.base_currency),
        **_review(trace),
    }
    return render(request, "console/payments/payment.html", context)


def _refunds_by_hand(organization: Organization, trace: Trace) -> list[tuple[Refund, str]]:
    """Those of which a person may say what became of them, or did."""
    found = ((refund, hand_of_refund(organization, refund)) for refund in trace.refunds)
    return [(refund, hand) for refund, hand in found if hand]


def _review(trace: Trace) -> dict[str, bool]:
    """Does a person have to decide of it, or to see to it that what was refused goes back?"""
    tasks = [each for each in trace.attention if each.kind == PAYMENT_REVIEW and each.resolved_at is None]
    return {"is_held": bool(tasks), "is_refused": any(each.data.get("refused") for each in tasks)}


def _awaited(payment: Payment) -> str:
    """What should stand on the transfer that is waited for; "" for every other payment."""
    if payment.state != PaymentState.PENDING or awaiting(payment.gateway_account) is None:
        return ""
    number = (payment.invoice.number or "") if payment.invoice else transfer_number(payment)
    return spaced(creditor_reference(number)) or number or str(payment.reference)


def _sent_there(organization: Organization, payment: Payment) -> dict[str, object] | None:
    """What of a transfer came to the provider, and what is missing, while it is waited for there."""
    slip = slip_for(organization, payment)
    if slip is None:
        return None
    return {
        "slip": slip,
        "came_minor": payment.amount_minor - slip.remaining_minor,
        "rows": rows_of(slip),
    }


def _subjects(trace: Trace) -> list[UUID]:
    """Ids whose mails and events tell of the payment."""
    invoices = [trace.payment.invoice_id] if trace.payment.invoice_id else []
    invoices += [share.invoice_id for share in trace.shares]
    return [*trace.sources, *invoices, *(task.id for task in trace.attention)]


def _entries(request: ConsoleRequest, trace: Trace) -> list[ledger.Booked]:
    """What it booked, and the payouts that carried it to the bank, for those who may see the books."""
    if not request.access.may(Permission.VIEW_BOOKS):
        return []
    payouts = {item.payout_id for item in trace.payouts}
    return ledger.entries_of(request.access.organization, [*trace.sources, *payouts])


def refundable(payment: Payment) -> Money:
    """What of a payment can still be given back."""
    return Money(payment.left_minor, currency(payment.currency))


@post_only
@staff(Permission.RECORD_PAYMENTS)
def payment_ask(request: ConsoleRequest, payment_id: UUID) -> HttpResponse:
    found = ask_provider(
        organization=request.access.organization, payment_id=payment_id, actor=request.access.actor
    )
    if found.state in OPEN:
        messages.info(request, _("The provider has no final answer yet. It will be asked again by itself."))
    else:
        word = str(PAYMENT[found.state].label)
        messages.success(request, _("The provider has answered: %(state)s.") % {"state": word})
    return redirect("console:payment", payment_id)


@post_only
@staff(Permission.RECORD_PAYMENTS)
def payment_stop_waiting(request: ConsoleRequest, payment_id: UUID) -> HttpResponse:
    """For a transfer that will not come."""
    found = stop_waiting(
        organization=request.access.organization, payment_id=payment_id, actor=request.access.actor
    )
    if found.state == PaymentState.CANCELED:
        messages.success(request, _("The transfer is not waited for any longer."))
    elif found.state in OPEN:
        messages.warning(
            request, _("The provider could not be told, so the transfer is still waited for. Try it again.")
        )
    return redirect("console:payment", payment_id)
