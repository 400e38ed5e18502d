"""How often may somebody press *Pay*? A person whose card is declined may try the next, and the next; who tries stolen
cards is stopped, and told when to come back.

Only a press that asks a provider counts. One that was refused does not, nor one that announces a transfer, which asks
nobody. A bank debit tests no card, but it does ask: it counts until its payer has ordered it at the provider.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext

from allsquare.core import clock
from allsquare.core.networks import neighbourhood
from allsquare.core.ratelimit import Limit, give_back, take, wait
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Payment
from allsquare.payments.states import PaymentState
from allsquare.web.portal.ways import Way
from allsquare.web.ui.client import client_address
from allsquare.web.ui.errors import too_many_requests

log = logging.getLogger(__name__)

#: Of one address, for whatever is paid. What came to money does not count: many may stand at one counter.
FROM_ONE_ADDRESS: Final = Limit("pay-press", most=30, within=timedelta(minutes=10))
#: Of one invoice, from wherever.
FOR_ONE_INVOICE: Final = Limit("pay-press-invoice", most=20, within=timedelta(minutes=10))
#: Of one invoice, from wherever, before its provider is asked no more that day: whoever has a link and a thousand
#: addresses would go on for ever, twenty by twenty. A method that was saved there is no card that somebody tries.
FOR_ONE_INVOICE_A_DAY: Final = Limit("pay-press-invoice-day", most=60, within=timedelta(days=1))

#: From so many minutes on the time to wait is told in hours.
_HOURS_FROM: Final = 90
_GIVEN_BACK: Final = Limit("pay-press-back", most=1, within=FROM_ONE_ADDRESS.within)


def too_many_presses(
    request: HttpRequest, way: Way, *, invoice_id: UUID | None = None
) -> HttpResponse | None:
    """Counts this press; the answer to one that is too many."""
    if way.is_awaited:
        return None
    tries = [(FROM_ONE_ADDRESS, neighbourhood(client_address(request)))]
    if invoice_id is not None:
        tries.append((FOR_ONE_INVOICE, str(invoice_id)))
        if way.saved is None:
            tries.append((FOR_ONE_INVOICE_A_DAY, str(invoice_id)))
    stopped = [wait(limit, subject) for limit, subject in tries if not take(limit, subject)]
    if not stopped:
        return None
    # It asks nobody, so no payment will ever give it back: a network where people press once more would stay stopped
    # when all of them have paid. Whose tries came to nothing is stopped by those.
    for limit, subject in tries:
        give_back(limit, subject)
    return come_back(request, max(stopped))


def come_back(request: HttpRequest, seconds: int) -> HttpResponse:
    """A press that did nothing, for now."""
    minutes = max(-(-seconds // 60), 1)
    message = _for_hours(minutes) if minutes > _HOURS_FROM else _for_minutes(minutes)
    log.warning("a press was one too many; %s seconds to wait", seconds)
    return too_many_requests(request, retry_after=seconds, message=message)


def _for_minutes(minutes: int) -> str:
    return ngettext(
        "There were too many tries to pay in a short time. Nothing was charged. Try again in %(minutes)s minute.",
        "There were too many tries to pay in a short time. Nothing was charged. Try again in %(minutes)s minutes.",
        minutes,
    ) % {"minutes": minutes}


def _for_hours(minutes: int) -> str:
    hours = -(-minutes // 60)
    return ngettext(
        "There were too many tries to pay this today. Nothing was charged. Pay by bank transfer if that is offered, "
        "ask whoever sent you the link, or try again in %(hours)s hour.",
        "There were too many tries to pay this today. Nothing was charged. Pay by bank transfer if that is offered, "
        "ask whoever sent you the link, or try again in %(hours)s hours.",
        hours,
    ) % {"hours": hours}


def was_paid(request: HttpRequest, payment: Payment) -> None:
    """The press from this address that led to ``payment`` does not count any longer, where it came to money. For a bank
    debit that is so when it is ordered: the bank takes days, and until then nobody learns anything by it."""
    age = clock.now(payment.organization) - payment.created_at
    ordered = payment.state == PaymentState.PENDING and payment.method == MethodKind.BANK_DEBIT
    if not (ordered or payment.state == PaymentState.SUCCEEDED) or age > FROM_ONE_ADDRESS.within:
        return
    if take(_GIVEN_BACK, str(payment.id)):
        give_back(FROM_ONE_ADDRESS, neighbourhood(client_address(request)))
