"""What identifies payers is forgotten when its time is over. The system does this by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allsquare.core import clock
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.risk.models import USUAL_DAYS, RiskAssessment
from allsquare.risk.selectors import find_settings

MOST: Final = 1000


@retrying
def forget(*, organization: Organization) -> int:
    """At most ``MOST`` of the oldest; returns how many. Blocked attempts go as a whole; of payments the score and its
    reasons stay, which name nobody."""
    settings = find_settings(organization)
    days = settings.keep_days if settings is not None else USUAL_DAYS
    now = clock.now(organization)
    old = RiskAssessment.objects.filter(
        organization=organization, forgotten_at__isnull=True, created_at__lt=now - timedelta(days=days)
    )
    locked = old.select_for_update(skip_locked=True).order_by("created_at")[:MOST]
    rows = dict(locked.values_list("id", "payment_id"))
    blocked = [name for name, payment_id in rows.items() if payment_id is None]
    RiskAssessment.objects.filter(organization=organization, id__in=blocked).delete()
    RiskAssessment.objects.filter(organization=organization, id__in=set(rows) - set(blocked)).update(
        address_mark=None,
        mail_mark=None,
        card_mark=None,
        buyer_country="",
        card_country="",
        forgotten_at=now,
    )
    return len(rows)
