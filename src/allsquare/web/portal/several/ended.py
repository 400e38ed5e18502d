"""How a payment for several invoices, or on account, went. Each end has its page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.receipt import receipt_number, receipt_pdf
from allsquare.notifications.selectors import mails_of
from allsquare.payments.by_hand import is_taken_back
from allsquare.payments.errors import PaymentUnknown
from allsquare.payments.models import Payment
from allsquare.payments.selectors import get_payment, payment_by_key
from allsquare.payments.services.stop_waiting import stop_waiting
from allsquare.payments.shares import counted_of, shares_of, transfer_number
from allsquare.payments.states import ENDED_UNPAID, PaymentState
from allsquare.web.portal.enter import entering
from allsquare.web.portal.owner import Owner, by_open_link
from allsquare.web.portal.payment import patience
from allsquare.web.portal.payment_facts import facts_of
from allsquare.web.portal.presses import was_paid
from allsquare.web.portal.reasons import reason_of
from allsquare.web.portal.redirects import SeeOther, away, goes_on, leads_on
from allsquare.web.portal.several.views import show
from allsquare.web.portal.transfer import slip_of
from allsquare.web.portal.ways import paid_with
from allsquare.web.ui.files import pdf_response
from allsquare.web.ui.latest import latest

S = PaymentState


@require_safe
@by_open_link
def back(request: HttpRequest, owner: Owner, mark: str) -> HttpResponse:
    """Where the provider sends the payer: the address was made before the payment had an id, so it names the key."""
    payment = payment_by_key(owner.organization, f"together-{mark}")
    if payment is None or payment.customer_id != owner.customer.id:
        return SeeOther(owner.url("open"))
    return SeeOther(owner.url("open_payment", payment_id=payment.id))


@require_safe
@by_open_link
def page(request: HttpRequest, owner: Owner, payment_id: UUID) -> HttpResponse:
    """``/pay/open/<token>/payment/<id>/``. With ``?onward`` whoever pressed twice still gets to the provider's page."""
    payment = latest(owner.organization, _payment_of(owner, payment_id))
    was_paid(request, payment)
    slip = slip_of(owner.organization, payment, transfer_number(payment))
    if goes_on(request, payment):
        return away(payment, owner.url("open_enter", payment_id=payment.id))
    shares = [
        {"invoice": share.invoice, "amount": Money(share.amount_minor, currency(payment.currency))}
        for share in shares_of(owner.organization, payment)
    ]
    facts = {**facts_of(payment), "shares": shares}
    if is_taken_back(owner.organization, payment):
        return show(request, owner, "declined", {**facts, "reason": reason_of(payment)})
    if payment.state == S.SUCCEEDED:
        return show(request, owner, "paid", {**facts, **_came(owner, payment)})
    if slip:
        return show(request, owner, "transfer", {**facts, "slip": slip})
    if leads_on(payment):
        return show(request, owner, "unfinished", facts)
    if payment.state in ENDED_UNPAID:
        return show(request, owner, "declined", {**facts, "reason": reason_of(payment)})
    if payment.state == S.PENDING:
        return show(request, owner, "pending", facts)
    return show(request, owner, "asking", {**facts, "seconds": patience(owner.organization, payment)})


@require_safe
@by_open_link
def enter(request: HttpRequest, owner: Owner, payment_id: UUID) -> HttpResponse:
    """``/pay/open/<token>/payment/<id>/enter``."""
    return entering(
        request,
        owner.organization,
        _payment_of(owner, payment_id),
        ended=owner.url("open_payment", payment_id=payment_id),
        show=lambda facts, status: show(request, owner, "enter", facts, status=status),
    )


def _came(owner: Owner, payment: Payment) -> dict[str, object]:
    """What the money paid, and what of it is credit."""
    unit = currency(payment.currency)
    counted = counted_of(owner.organization, payment)
    mails = mails_of(owner.organization, [payment.id])
    receipts = [mail for mail in mails if mail.kind == MailKind.RECEIPT]
    left = payment.captured_minor - sum(each.amount_minor for each in counted)
    return {
        "amount": Money(payment.captured_minor, unit),
        "shares": [
            {
                "invoice": each.invoice,
                "amount": Money(each.amount_minor, unit),
                "rest": Money(each.invoice.open_minor, unit),
            }
            for each in counted
        ],
        "credit": Money(left, unit),
        "refunded": Money(payment.refunded_minor, unit),
        "sent": {mail.recipient for mail in receipts if mail.state == Mail.State.SENT},
        "queued": {m.recipient for m in receipts if m.state in (Mail.State.QUEUED, Mail.State.SENDING)},
    }


@require_safe
@by_open_link
def receipt(request: HttpRequest, owner: Owner, payment_id: UUID) -> HttpResponse:
    """Only money that came has a receipt."""
    payment = _payment_of(owner, payment_id)
    if payment.state != S.SUCCEEDED:
        raise PaymentUnknown(_("There is no receipt of this payment: it did not come."))
    data = receipt_pdf(
        organization=owner.organization,
        payment=payment,
        language=owner.link.language,
        method=paid_with(payment),
    )
    return pdf_response(data, f"{_('Receipt')} {receipt_number(payment)}")


@require_POST
@by_open_link
def stop(request: HttpRequest, owner: Owner, payment_id: UUID) -> HttpResponse:
    """Another way is taken than the transfer that was announced. Pressing twice is harmless."""
    payment = _payment_of(owner, payment_id)
    stop_waiting(organization=owner.organization, payment_id=payment.id, actor=owner.actor)
    return SeeOther(owner.url("open"))


def _payment_of(owner: Owner, payment_id: UUID) -> Payment:
    """One that the customer made for several invoices or for none. Raises :class:`PaymentUnknown`."""
    payment = get_payment(owner.organization, payment_id)
    if payment.customer_id != owner.customer.id or payment.invoice_id is not None:
        raise PaymentUnknown(_("There is no such payment."))
    return payment
