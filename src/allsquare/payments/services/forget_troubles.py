"""What went wrong with providers is forgotten when nothing looks at it any more. The system does this by itself."""

from __future__ import annotations

from typing import Final

from allsquare.core import clock
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayTrouble
from allsquare.payments.offers import SIGHT

MOST: Final = 1000


@retrying
def forget_troubles(*, organization: Organization) -> int:
    """At most ``MOST`` of the oldest; returns how many. Pages show a day of them, which is longer than an account's
    health looks back (``health.WINDOW``); outages themselves stay in the event log."""
    old = GatewayTrouble.objects.filter(organization=organization, at__lt=clock.now(None) - SIGHT)
    locked = old.select_for_update(skip_locked=True).order_by("at", "id")[:MOST]
    gone = list(locked.values_list("id", flat=True))
    GatewayTrouble.objects.filter(organization=organization, id__in=gone).delete()
    return len(gone)
