"""News of saved methods: a bank replaced a card, or a provider keeps a method no longer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from allsquare.core import bulk
from allsquare.payments.gateway import Outcome, SavedMethod, Status
from allsquare.payments.models import PaymentMethod
from allsquare.payments.saved import facts_of
from allsquare.payments.settlement.batch import Batch


def settle_methods(batch: Batch, outcomes: Sequence[Outcome]) -> None:
    """The last news of each method counts. What we do not keep, or removed, is nothing to us: its owner may keep it
    elsewhere. No money is spoken of, so nothing but the methods is locked."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.happened_at or datetime.min.replace(tzinfo=UTC))
    latest = {outcome.reference: outcome for outcome in ordered if outcome.reference}
    rows = (
        PaymentMethod.objects.select_for_update(no_key=True)
        .filter(
            organization=batch.organization,
            gateway_account=batch.account,
            token__in=list(latest),
            removed_at__isnull=True,
        )
        .order_by("id")
    )
    changed = [row for row in rows if _take(batch, row, latest[row.token])]
    if changed:
        batch.also.append(partial(_write, batch, changed))


def _take(batch: Batch, row: PaymentMethod, outcome: Outcome) -> bool:
    """Did anything change? News that is older than what was taken does not bring an old card back."""
    if row.told_at and (outcome.happened_at is None or outcome.happened_at <= row.told_at):
        return False
    if outcome.status is Status.DECLINED:
        row.removed_at = batch.now
        batch.tell("payment_method.gone", "customer", row.customer_id, facts_of(row))
        return True
    now = outcome.method
    if outcome.status is not Status.SUCCEEDED or now is None or _same(row, now):
        return False
    row.brand, row.last_four, row.expires = now.brand, now.last_four, now.expires
    row.mandate = now.mandate or row.mandate
    row.told_at = outcome.happened_at
    batch.tell("payment_method.replaced", "customer", row.customer_id, facts_of(row))
    return True


def _same(row: PaymentMethod, now: SavedMethod) -> bool:
    return (row.brand, row.last_four, row.expires) == (now.brand, now.last_four, now.expires) and (
        not now.mandate or row.mandate == now.mandate
    )


def _write(batch: Batch, rows: Sequence[PaymentMethod]) -> None:
    bulk.update(
        "payment_method",
        {
            "id": ("uuid", [row.id for row in rows]),
            "organization_id": ("uuid", [batch.organization.id] * len(rows)),
            "brand": ("text", [row.brand for row in rows]),
            "last_four": ("text", [row.last_four for row in rows]),
            "expires": ("text", [row.expires for row in rows]),
            "mandate": ("text", [row.mandate for row in rows]),
            "told_at": ("timestamptz", [row.told_at for row in rows]),
            "removed_at": ("timestamptz", [row.removed_at for row in rows]),
        },
        match=("id", "organization_id"),
        every=True,
    )
