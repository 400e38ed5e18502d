"""Customers are told that the card that they pay with ends soon. The system does this by itself."""

from __future__ import annotations

from django.db import transaction

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.payments.models import PaymentMethod
from allsquare.payments.saved import coming_first, expiring, facts_of


def warn_of_expiry(*, organization: Organization, limit: int = 200) -> int:
    """Once for each card and each date on it, in its last month or the one before; returns how many cards were looked
    at. Of several cards only the one that comes first, which is charged by itself where that was agreed, is told of:
    the others are spares."""
    with transaction.atomic():
        rows = list(expiring(organization).select_for_update(skip_locked=True, no_key=True)[:limit])
        first = coming_first(organization, {row.customer_id for row in rows})
        news = [
            News("payment_method.expiring", "customer", row.customer_id, facts_of(row))
            for row in rows
            if row.id in first
        ]
        for row in rows:
            row.warned_of = row.expires
        PaymentMethod.objects.bulk_update(rows, ["warned_of"])
        record(organization_id=organization.id, news=news, actor=SYSTEM, at=clock.now(organization))
    return len(rows)
