"""What is seen of a payment is the truth of this moment: webhooks may be slow, so the provider is asked when somebody
looks, be it its payer or a clerk who watches a reader. One that does not answer keeps nobody from their page."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from allsquare.core import clock, remote
from allsquare.core.errors import AllsquareError
from allsquare.core.ratelimit import Limit, take
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment
from allsquare.payments.plan import GRACE
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.states import OPEN, PaymentState

log = logging.getLogger(__name__)

#: However many pages of one payment are open, here or there, and however often they are loaded; a few at once are
#: fine, since a payer may leave a waiting page for the provider's and be back within seconds.
CHECKS = Limit("payment-check", most=5, within=timedelta(seconds=10))

#: Somebody waits for the page meanwhile; the worker asks again, and has more time.
PATIENCE: Final = timedelta(seconds=3)


def latest_of(organization: Organization, payments: Iterable[Payment]) -> list[Payment]:
    """Each as by :func:`latest`; they share the time that one has."""
    with remote.answered_within(PATIENCE):
        return [latest(organization, payment) for payment in payments]


def latest(organization: Organization, payment: Payment) -> Payment:
    """The payment after asking its provider, if it is open and was not asked about too often of late."""
    if payment.state not in OPEN or _is_being_sent(organization, payment):
        return payment
    if take(CHECKS, str(payment.id)):
        try:
            with remote.answered_within(PATIENCE):
                check_payment(organization=organization, payment=payment)
        except AllsquareError:
            # What is known is shown; the sweep asks again, and parks what cannot be digested.
            log.exception("payment %s could not be asked about", payment.id)
    return get_payment(organization, payment.id)


def _is_being_sent(organization: Organization, payment: Payment) -> bool:
    """Its request is with the provider at this moment: a double click came here before the answer did."""
    return payment.state == PaymentState.STARTED and clock.now(organization) - payment.created_at < GRACE
