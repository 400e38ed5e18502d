"""How a payment went: paid, under way, not finished, declined. Each end has its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.selectors import mails_of
from allsquare.payments.by_hand import is_taken_back
from allsquare.payments.errors import PaymentUnknown
from allsquare.payments.models import Payment, PaymentShare
from allsquare.payments.registry import is_practice
from allsquare.payments.selectors import get_payment, payments_of_invoice
from allsquare.payments.shares import shares_of, taken_of
from allsquare.payments.states import ENDED_UNPAID, PaymentState
from allsquare.payments.under_way import is_at_reader
from allsquare.web.portal.enter import entering
from allsquare.web.portal.payment_facts import facts_of
from allsquare.web.portal.presses import was_paid
from allsquare.web.portal.reasons import reason_of
from allsquare.web.portal.redirects import SeeOther, away, goes_on, leads_on
from allsquare.web.portal.transfer import slip_of
from allsquare.web.portal.visit import Visit, by_link, show
from allsquare.web.portal.ways import paid_with
from allsquare.web.ui.latest import latest

S = PaymentState
#: Seconds until a page looks again whether the card was read in the shop.
_AT_READER: Final = 3


@require_safe
@by_link
def back(request: HttpRequest, visit: Visit, mark: str) -> HttpResponse:
    """Where the provider sends the payer: the address was made before the payment had an id, so it names the key."""
    for payment in payments_of_invoice(visit.organization, visit.invoice):
        if payment.key == f"pay-{mark}":
            return SeeOther(visit.url("payment", payment_id=payment.id))
    return SeeOther(visit.url())


@require_safe
@by_link
def page(request: HttpRequest, visit: Visit, payment_id: UUID) -> HttpResponse:
    """``/pay/<token>/payment/<id>/``. With ``?onward`` whoever pressed twice still gets to the provider's page."""
    found = payment_of(visit, payment_id)
    payment = latest(visit.organization, found)
    if found.share:
        return _together(request, visit, payment, found.share)
    visit.invoice.refresh_from_db(fields=["state", "paid_minor", "credited_minor"])
    was_paid(request, payment)
    if payment.state == S.SUCCEEDED:
        return _came(request, visit, payment)
    slip = slip_of(visit.organization, payment, visit.invoice.number or "")
    if goes_on(request, payment):
        return away(payment, visit.url("enter", payment_id=payment.id))
    facts = facts_of(payment)
    if is_at_reader(payment):
        return show(request, visit, "asking", {**facts, "seconds": _AT_READER})
    if slip:
        return show(request, visit, "transfer", {**facts, "slip": slip})
    if leads_on(payment):
        return show(request, visit, "unfinished", facts)
    if payment.state in ENDED_UNPAID:
        return show(request, visit, "declined", {**facts, "reason": reason_of(payment)})
    if payment.state == S.PENDING:
        return show(request, visit, "pending", facts)
    return show(request, visit, "asking", {**facts, "seconds": patience(visit.organization, payment)})


@require_safe
@by_link
def enter(request: HttpRequest, visit: Visit, payment_id: UUID) -> HttpResponse:
    """``/pay/<token>/payment/<id>/enter``."""
    return entering(
        request,
        visit.organization,
        own_payment_of(visit, payment_id),
        ended=visit.url("payment", payment_id=payment_id),
        show=lambda facts, status: show(request, visit, "enter", facts, status=status),
    )


def _came(request: HttpRequest, visit: Visit, payment: Payment) -> HttpResponse:
    """Or a colleague of the business had only said so."""
    if is_taken_back(visit.organization, payment):
        return show(request, visit, "declined", {**facts_of(payment), "reason": reason_of(payment)})
    return paid_page(request, visit, [payment], amount=_captured(payment))


def paid_page(
    request: HttpRequest, visit: Visit, payments: Sequence[Payment], *, amount: Money | None = None
) -> HttpResponse:
    """The receipt: of one payment of ``amount``, or of all that paid the invoice."""
    came = [
        payment
        for payment in payments
        if payment.state == S.SUCCEEDED and not is_taken_back(visit.organization, payment)
    ]
    own = [payment for payment in came if payment.share is None]
    together = [payment for payment in came if payment.share]
    taken = taken_of(visit.organization, visit.invoice.id, together)
    mails = mails_of(visit.organization, [payment.id for payment in own])
    receipts = [mail for mail in mails if mail.kind == MailKind.RECEIPT]
    facts = {
        "amount": amount or visit.bill.due,
        "rows": [_row(payment) for payment in own],
        "practice": any(is_practice(payment.gateway_account) for payment in came),
        "together": [
            {"amount": Money(taken[payment.id], currency(payment.currency)), "on": payment.received_on}
            for payment in together
            if payment.id in taken
        ],
        "sent": {mail.recipient for mail in receipts if mail.state == Mail.State.SENT},
        "queued": {m.recipient for m in receipts if m.state in (Mail.State.QUEUED, Mail.State.SENDING)},
    }
    return show(request, visit, "paid", facts)


def _row(payment: Payment) -> dict[str, object]:
    return {
        "payment": payment,
        "amount": _captured(payment),
        "refunded": Money(payment.refunded_minor, currency(payment.currency)),
        "method": paid_with(payment),
        "on": payment.received_on,
    }


def payment_of(visit: Visit, payment_id: UUID) -> Payment:
    """A payment of the visited invoice; one for several with its share. Raises :class:`PaymentUnknown`, for those of
    others too."""
    payment = get_payment(visit.organization, payment_id)
    shares = {share.invoice_id: share for share in shares_of(visit.organization, payment)}
    payment.share = shares.get(visit.invoice.id)
    if payment.towards_id != visit.invoice.id:
        raise PaymentUnknown(_("There is no such payment."))
    return payment


def own_payment_of(visit: Visit, payment_id: UUID) -> Payment:
    """As :func:`payment_of`, and for this invoice alone: what is for several is not shown, and not stopped, by whoever
    has the link of one."""
    payment = payment_of(visit, payment_id)
    if payment.share:
        raise PaymentUnknown(_("There is no such payment."))
    return payment


def _together(request: HttpRequest, visit: Visit, payment: Payment, share: PaymentShare) -> HttpResponse:
    """It pays other invoices too, of which whoever has this link learns nothing."""
    if payment.state in (S.SUCCEEDED, *ENDED_UNPAID, S.NEEDS_ACTION):
        return SeeOther(visit.url())
    amount = Money(share.amount_minor, currency(payment.currency))
    return show(request, visit, "together", {"payment": payment, "amount": amount})


def under_way_url(visit: Visit, payment: Payment) -> str:
    """The page of a payment that was just asked for; it leads on to the provider once that has answered."""
    onward = "?onward" if payment.state == S.STARTED else ""
    return visit.url("payment", payment_id=payment.id) + onward


def _captured(payment: Payment) -> Money:
    return Money(payment.captured_minor, currency(payment.currency))


def patience(organization: Organization, payment: Payment) -> int:
    """Seconds until the page looks again: soon at first, since most answers come within seconds."""
    age = (clock.now(organization) - payment.created_at).total_seconds()
    return 3 if age < 60 else 15 if age < 600 else 60
