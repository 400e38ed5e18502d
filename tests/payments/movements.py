"""Movements at a provider, for tests."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.money import Money
from allsquare.payments.models import GatewayAccount, ProviderMovement
from allsquare.payments.services.record_movement import record_movement
from tests.payments.makers import a_key


def moved(
    account: GatewayAccount,
    amount: Money,
    kind: str = "spent",
    *,
    memo: str = "Paper for the printer",
    on: date | None = None,
    side: UUID | None = None,
    reference: str = "",
    key: str = "",
    actor: Actor = SYSTEM,
) -> ProviderMovement:
    """Today, where ``on`` says no other day."""
    return record_movement(
        organization=account.organization,
        gateway_account_id=account.id,
        amount=amount,
        moved_on=on or clock.today(account.organization),
        kind=kind,
        memo=memo,
        account_id=side,
        reference=reference,
        key=key or a_key(),
        actor=actor,
    )
