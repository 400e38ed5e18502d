"""Customers are told that the card that they pay with ends soon. The system does this by itself."""

from __future__ import annotations

from django.db import transaction

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.payments.models import DefaultMethod, PaymentMethod
from allsquare.payments.saved import expiring, facts_of


def warn_of_expiry(*, organization: Organization, limit: int = 200) -> int:
    """Once for each card and each date on it, in its last month or the one before; returns how many cards were looked
    at. Of several cards only the one that comes first is told of: the others are spares."""
    with transaction.atomic():
        rows = list(expiring(organization).select_for_update(skip_locked=True, no_key=True)[:limit])
        first = _first_of(organization, rows)
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


def _first_of(organization: Organization, rows: list[PaymentMethod]) -> set[object]:
    """Which of ``rows`` come first with their customers."""
    customers = {row.customer_id for row in rows}
    chosen = DefaultMethod.objects.filter(organization=organization, customer_id__in=customers)
    first = dict(chosen.values_list("customer_id", "method_id"))
    kept = PaymentMethod.objects.filter(
        organization=organization,
        customer_id__in=customers - first.keys(),
        removed_at__isnull=True,
        gateway_account__enabled=True,
    )
    newest = kept.order_by("customer_id", "-created_at", "-id").distinct("customer_id")
    return {*first.values(), *newest.values_list("id", flat=True)}
