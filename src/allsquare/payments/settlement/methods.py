"""News of saved methods: a bank replaced a card, or a provider keeps a method no longer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

from allsquare.core import bulk
from allsquare.payments.gateway import Outcome, SavedMethod, Status
from allsquare.payments.models import PaymentMethod
from allsquare.payments.saved import facts_of
from allsquare.payments.settlement.batch import Batch


def settle_methods(batch: Batch, outcomes: Sequence[Outcome]) -> None:
    """The last news of each method counts. What we do not keep, or removed, is nothing to us: its owner may keep it
    elsewhere, and its news stands in the inbox. No money is spoken of, so nothing but the methods is locked."""
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
    taken = _tokens(batch, latest.values())
    changed = [row for row in rows if _take(batch, row, latest[row.token], taken)]
    if changed:
        batch.also.append(partial(_write, batch, changed))


def _tokens(batch: Batch, outcomes: Iterable[Outcome]) -> set[str]:
    """Of those under which their providers now keep what is spoken of: the names of methods that we have already."""
    names = [each.method.token for each in outcomes if each.method and each.method.token != each.reference]
    found = PaymentMethod.objects.filter(
        organization=batch.organization, gateway_account=batch.account, token__in=names
    )
    return set(found.values_list("token", flat=True))


def _take(batch: Batch, row: PaymentMethod, outcome: Outcome, taken: set[str]) -> bool:
    """Did anything change? News that is older than what was taken does not bring an old card back. One that became
    another that we have already (``taken``) is that one now."""
    if row.told_at and (outcome.happened_at is None or outcome.happened_at <= row.told_at):
        return False
    now = outcome.method
    if outcome.status is Status.DECLINED or (now is not None and now.token in taken - {row.token}):
        row.removed_at = row.forgotten_at = batch.now
        batch.tell("payment_method.gone", "customer", row.customer_id, facts_of(row))
        return True
    if outcome.status is not Status.SUCCEEDED or now is None or _same(row, now):
        return False
    row.brand, row.last_four, row.expires = now.brand[:40], now.last_four[:4], now.expires[:7]
    row.mandate = now.mandate[:60] or row.mandate
    if now.token:
        row.token = now.token
        taken.add(now.token)
    row.told_at = outcome.happened_at
    batch.tell("payment_method.replaced", "customer", row.customer_id, facts_of(row))
    return True


def _same(row: PaymentMethod, now: SavedMethod) -> bool:
    return (
        (row.brand, row.last_four, row.expires) == (now.brand[:40], now.last_four[:4], now.expires[:7])
        and (not now.mandate or row.mandate == now.mandate[:60])
        and (not now.token or row.token == now.token)
    )


def _write(batch: Batch, rows: Sequence[PaymentMethod]) -> None:
    bulk.update(
        "payment_method",
        {
            "id": ("uuid", [row.id for row in rows]),
            "organization_id": ("uuid", [batch.organization.id] * len(rows)),
            "token": ("text", [row.token for row in rows]),
            "brand": ("text", [row.brand for row in rows]),
            "last_four": ("text", [row.last_four for row in rows]),
            "expires": ("text", [row.expires for row in rows]),
            "mandate": ("text", [row.mandate for row in rows]),
            "told_at": ("timestamptz", [row.told_at for row in rows]),
            "removed_at": ("timestamptz", [row.removed_at for row in rows]),
            "forgotten_at": ("timestamptz", [row.forgotten_at for row in rows]),
        },
        match=("id", "organization_id"),
        every=True,
    )
