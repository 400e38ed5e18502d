"""What identifies payers is forgotten when its time is over. The system does this by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from allsquare.core import clock, payer_addresses
from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.risk.models import RiskAssessment, RiskEntry
from allsquare.risk.selectors import days_kept

MOST: Final = 1000


@retrying
def forget(*, organization: Organization) -> int:
    """At most ``MOST`` of the oldest attempts, the addresses of payers, and entries that ended; returns how many."""
    now = clock.now(organization)
    old = now - timedelta(days=days_kept(organization))
    return (
        _forget_attempts(organization, old, now)
        + payer_addresses.forget(organization.id, old)
        + _end_entries(organization, now)
    )


def _forget_attempts(organization: Organization, before: datetime, now: datetime) -> int:
    """Blocked attempts go as a whole; of payments the score and its reasons stay, which name nobody."""
    old = RiskAssessment.objects.filter(
        organization=organization, forgotten_at__isnull=True, created_at__lt=before
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


def _end_entries(organization: Organization, now: datetime) -> int:
    ended = RiskEntry.objects.filter(organization=organization, until__lt=now)
    rows = list(ended.select_for_update(skip_locked=True).order_by("id")[:MOST])
    news = [
        News("risk_entry.ended", "risk_entry", row.id, {"verdict": row.verdict, "entry_kind": row.kind})
        for row in rows
    ]
    RiskEntry.objects.filter(organization=organization, id__in=[row.id for row in rows]).delete()
    if news:
        record(organization_id=organization.id, news=news, actor=SYSTEM, at=now)
    return len(rows)
