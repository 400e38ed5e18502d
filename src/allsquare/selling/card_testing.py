"""Whoever stole card numbers tries them where anybody may pay: most are declined, from ever other addresses. A payment
link at which that happens rests for a while, for everybody; other links and invoices are not touched. Tries that the
rules stopped asked no provider, and make no link rest: whoever is stopped would stop everybody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat

from allsquare.core import clock
from allsquare.core.ids import first_id_at
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment
from allsquare.selling.models import PAYMENT_KEY, PaymentLink, Sale

#: So many that came to nothing ``WITHIN`` so short a time, while not even half as many were sold.
MOST_DECLINED: Final = 40
WITHIN: Final = timedelta(minutes=10)


def rests_for(organization: Organization, link: PaymentLink) -> int:
    """Seconds until somebody may press again; 0 when they may now. Of a crowd that buys many are declined too,
    but more are not: it is not stopped."""
    declined = _begun(organization, link, Sale.State.GIVEN_UP, MOST_DECLINED)
    now = clock.now(organization)
    if declined is None:
        return 0
    sold = _begun(organization, link, Sale.State.SOLD, MOST_DECLINED // 2)
    if sold is not None and sold >= declined:
        return 0
    return int((declined + WITHIN - now).total_seconds()) + 1


def _begun(organization: Organization, link: PaymentLink, state: Sale.State, number: int) -> datetime | None:
    """When the oldest of the newest ``number`` for which a provider was asked was begun; ``None`` where there are
    fewer ``WITHIN`` this time. What is older is never looked through: tries that the rules stopped may be many."""
    asked = Payment.objects.filter(
        organization=organization,
        key=Concat(Value(PAYMENT_KEY), Cast(OuterRef("id"), TextField())),
    )
    since = clock.now(organization) - WITHIN
    sales = Sale.objects.filter(
        organization=organization,
        link=link,
        state=state,
        created_at__gt=since,
        id__gte=first_id_at(clock.now(None) - 2 * WITHIN),  # by the index; machines' clocks differ a little
    )
    found = sales.filter(Exists(asked)).order_by("-id")
    return found.values_list("created_at", flat=True)[number - 1 : number].first()
