"""Whoever stole card numbers tries them where anybody may pay: most are declined, from ever other addresses. A payment
link at which that happens rests for a while, for everybody; other links and invoices are not touched."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.selling.models import PaymentLink, Sale

#: So many that came to nothing ``WITHIN`` so short a time, while not even half as many were sold.
MOST_DECLINED: Final = 40
WITHIN: Final = timedelta(minutes=10)


def rests_for(organization: Organization, link: PaymentLink) -> int:
    """Seconds until somebody may press again; 0 when they may now. Of a crowd that buys many are declined too,
    but more are not: it is not stopped."""
    declined = _begun(organization, link, Sale.State.GIVEN_UP, MOST_DECLINED)
    now = clock.now(organization)
    if declined is None or declined + WITHIN <= now:
        return 0
    sold = _begun(organization, link, Sale.State.SOLD, MOST_DECLINED // 2)
    if sold is not None and sold >= declined:
        return 0
    return int((declined + WITHIN - now).total_seconds()) + 1


def _begun(organization: Organization, link: PaymentLink, state: Sale.State, number: int) -> datetime | None:
    """When the oldest of the newest ``number`` was begun; ``None`` where there are fewer."""
    found = Sale.objects.filter(organization=organization, link=link, state=state).order_by("-id")
    return found.values_list("created_at", flat=True)[number - 1 : number].first()
