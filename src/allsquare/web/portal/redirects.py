"""Redirects after which the browser asks anew with GET, whatever it had sent."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect

from allsquare.payments.embedding import is_entered_here
from allsquare.payments.models import Payment
from allsquare.payments.slips import is_sent_there
from allsquare.payments.states import PaymentState


class SeeOther(HttpResponseRedirect):
    """303 (RFC 9110, 15.4.4): loading the next page again never sends the form again."""

    status_code = 303


class _Away(SeeOther):
    allowed_schemes = ["http", "https"]


def leads_on(payment: Payment) -> bool:
    """Is there a page on which its payer goes on, here or at the provider? One that was closed has none any more."""
    if payment.state != PaymentState.NEEDS_ACTION:
        return False
    return is_entered_here(payment) or bool(payment.redirect and not is_sent_there(payment))


def goes_on(request: HttpRequest, payment: Payment) -> bool:
    """Is whoever opens the page of this payment led on at once: to fields that stand here always, to a provider's page
    when they pressed twice (``?onward``)?"""
    return is_entered_here(payment) or (leads_on(payment) and "onward" in request.GET)


def away(payment: Payment, enter: str) -> SeeOther:
    """To the provider's page, where the payer enters the card or confirms that it is them; to ours at ``enter``, where
    the provider's fields stand there."""
    return SeeOther(enter) if is_entered_here(payment) else _Away(payment.redirect)
