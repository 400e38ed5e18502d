"""Redirects after which the browser asks anew with GET, whatever it had sent."""

from __future__ import annotations

from django.http import HttpResponseRedirect

from allsquare.payments.embedding import is_entered_here
from allsquare.payments.models import Payment


class SeeOther(HttpResponseRedirect):
    """303 (RFC 9110, 15.4.4): loading the next page again never sends the form again."""

    status_code = 303


class _Away(SeeOther):
    allowed_schemes = ["http", "https"]


def away(payment: Payment, enter: str) -> SeeOther:
    """To the provider's page, where the payer enters the card or confirms that it is them; to ours at ``enter``, where
    the provider's fields stand there."""
    return SeeOther(enter) if is_entered_here(payment) else _Away(payment.redirect)
