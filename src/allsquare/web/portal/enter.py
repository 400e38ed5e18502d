"""The page in which a provider's own fields stand, where the business chose so. What is entered goes to the provider
alone; no other page of ours loads anything of others.

The payer comes back from it as from a provider's page, to the page that says how the payment went. That one leads here
again while something may be entered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from allsquare.identity.models import Organization
from allsquare.payments.embedding import fields_of, is_entered_here, return_address
from allsquare.payments.gateway_abilities import Fields
from allsquare.payments.models import Payment
from allsquare.web.portal.payment_facts import facts_of
from allsquare.web.portal.reasons import BY_CODE
from allsquare.web.portal.redirects import SeeOther
from allsquare.web.portal.ways import processor_of
from allsquare.web.ui.csp import widen
from allsquare.web.ui.latest import latest

#: Our script for each provider's.
_DRIVERS: Final[Mapping[str, str]] = {"stripe": "portal/fields_stripe.js"}


def entering(
    request: HttpRequest,
    organization: Organization,
    payment: Payment,
    *,
    ended: str,
    show: Callable[[dict[str, object], int], HttpResponse],
) -> HttpResponse:
    """``ended`` is the page that says how the payment went."""
    if not is_entered_here(payment):
        return SeeOther(ended)
    facts: dict[str, object] = {**facts_of(payment), "processor": processor_of(payment), "ended": ended}
    fields = fields_of(organization, payment)
    if fields is None:
        if not is_entered_here(latest(organization, payment)):
            return SeeOther(ended)
        return show({**facts, "fields": None}, 503)
    facts |= {
        "fields": fields,
        "driver": _DRIVERS[fields.driver],
        "back": return_address(organization, payment) or settings.BASE_URL + ended,
        "locale": (get_language() or "en").partition("-")[0],
        "reason": BY_CODE.get(fields.code),
        "said": _said(fields),
    }
    response = show(facts, 200)
    widen(response, fields.sources)
    return response


def _said(fields: Fields) -> str:
    """What the provider says of the try before, where we have no words of our own."""
    return "" if fields.code in BY_CODE else fields.message
