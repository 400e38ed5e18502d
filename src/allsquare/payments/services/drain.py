"""The inbox is emptied in batches through the door; what cannot be digested is parked, and the rest flows on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from allsquare.core import clock
from allsquare.core.actor import gateway_actor
from allsquare.core.errors import AllsquareError
from allsquare.identity.models import Organization
from allsquare.payments.errors import OutcomeTooEarly, OutcomeUnmatched
from allsquare.payments.gateway import GatewayEvent, Outcome
from allsquare.payments.models import GatewayAccount, InboxEvent
from allsquare.payments.registry import adapter
from allsquare.payments.services.settle import settle
from allsquare.payments.states import InboxState

#: News that is too early or matches nothing yet is read again this often before a person must look.
TRIES = 8
#: What a batch may raise without the fault being ours to crash on: it is found and parked one by one.
DIGESTIBLE = (AllsquareError, DatabaseError, KeyError, TypeError, ValueError, ArithmeticError)


def drain(*, organization: Organization, gateway_account: GatewayAccount, limit: int = 500) -> int:
    """Digest what waits in the inbox of one gateway account, oldest news first; returns how many rows were taken.

    Effects and the mark *done* commit together. Two workers take different rows. A batch that fails is
    taken again one by one, so that only the culprit waits or is parked. The system does this by itself, so
    no actor is asked for.
    """
    with transaction.atomic():
        rows = _waiting(organization, gateway_account, limit)
        if not rows:
            return 0
        try:
            with transaction.atomic():
                _digest(organization, gateway_account, rows)
        except DIGESTIBLE:
            for row in rows:
                _alone(organization, gateway_account, row)
        return len(rows)


def _waiting(organization: Organization, account: GatewayAccount, limit: int) -> list[InboxEvent]:
    rows = (
        InboxEvent.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(
            organization=organization,
            gateway_account=account,
            state=InboxState.RECEIVED,
            next_try_at__lte=clock.now(None),
        )
        .order_by("next_try_at", "id")[:limit]
    )
    return sorted(rows, key=lambda row: (row.occurred_at or row.received_at, row.id))


def _digest(organization: Organization, account: GatewayAccount, rows: Sequence[InboxEvent]) -> None:
    speaker = adapter(account)
    outcomes: list[Outcome] = []
    for row in rows:
        outcomes.extend(speaker.outcomes(_event(row)))
    settle(
        organization=organization,
        gateway_account=account,
        outcomes=outcomes,
        actor=gateway_actor(account.gateway),
    )
    at = clock.now(None)
    InboxEvent.objects.filter(organization=organization, id__in=[row.id for row in rows]).update(
        state=InboxState.DONE, done_at=at, error=""
    )


def _alone(organization: Organization, account: GatewayAccount, row: InboxEvent) -> None:
    try:
        with transaction.atomic():
            _digest(organization, account, [row])
    except (OutcomeTooEarly, OutcomeUnmatched) as error:
        _later(row, error, parked=row.tries + 1 >= TRIES)
    except DIGESTIBLE as error:
        _later(row, error, parked=True)


def _later(row: InboxEvent, error: Exception, *, parked: bool) -> None:
    row.tries += 1
    row.error = f"{type(error).__name__}: {error}"
    row.state = InboxState.PARKED if parked else InboxState.RECEIVED
    row.next_try_at = _next_try(row.tries, clock.now(None))
    row.save(update_fields=["tries", "error", "state", "next_try_at"])


def _next_try(tries: int, now: datetime) -> datetime:
    """1, 2, 4 … seconds: out-of-order news is put right by the next delivery, which is close behind."""
    return now + timedelta(seconds=2 ** (tries - 1))


def _event(row: InboxEvent) -> GatewayEvent:
    return GatewayEvent(
        external_id=row.external_id,
        kind=row.kind,
        object_reference=row.object_reference,
        payload=row.payload,
        occurred_at=row.occurred_at,
    )
