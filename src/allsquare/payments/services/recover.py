"""After a restore, a provider is asked for what happened since the backup, and what it says goes through the door."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID, uuid5

from django.db import OperationalError

from allsquare.core import clock, failpoints, restoration
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import INDIGESTIBLE
from allsquare.core.events import Data
from allsquare.identity.models import Organization
from allsquare.payments.attention import COMPARE_BY_HAND, PROVIDER_SILENT
from allsquare.payments.gateway import Capability
from allsquare.payments.gateway_abilities import (
    HistoryGateway,
    HistoryUnavailable,
    LaggingGateway,
    Sighting,
)
from allsquare.payments.models import Attention, GatewayAccount
from allsquare.payments.registry import adapter
from allsquare.payments.resolving import still_open
from allsquare.payments.services.ask_history import EVERY
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.payments.services.resolve_attention import resolve_attention
from allsquare.payments.services.take_sighting import take_sighting

log = logging.getLogger(__name__)

#: Clocks differ, and what was under way at the backup may have begun before it. Repeats change nothing.
MARGIN: Final = timedelta(hours=1)
#: Networks come up after a restore: so long nobody is told that a provider does not answer.
PATIENCE: Final = timedelta(minutes=5)


def recover(*, organization: Organization, gateway_account: GatewayAccount) -> bool:
    """Ask, take everything in, and let money move through the account again; returns whether it does.

    ``False`` while the provider does not answer, or while a person has not compared what a provider without a list
    knows. Repeats are harmless. The system does this by itself, so no actor is asked for.
    """
    since = gateway_account.unknown_since
    if since is None:
        return True
    speaker = adapter(gateway_account)
    if Capability.HISTORY not in speaker.capabilities:
        if not _compared(organization, gateway_account):
            return False
    else:
        sightings = _asked(organization, gateway_account, cast(HistoryGateway, speaker), since)
        if sightings is None:
            return False
        failpoints.reached("recover.asked")
        for sighting in sightings:
            take_sighting(organization=organization, gateway_account=gateway_account, sighting=sighting)
        failpoints.reached("recover.taken_in")
        _answers_again(organization, gateway_account, since)
    GatewayAccount.objects.filter(organization=organization, id=gateway_account.id).update(unknown_since=None)
    return True


def _asked(
    organization: Organization, account: GatewayAccount, speaker: HistoryGateway, since: datetime
) -> list[Sighting] | None:
    """``None``: there is no answer, none that its adapter can read, or one that is behind what happened before the
    restore. After a while a person is told."""
    try:
        if _lists_it(speaker):
            return list(speaker.since(since - MARGIN))
        log.info("%s does not list yet what happened before the restore", account.id)
    except HistoryUnavailable as problem:
        log.warning("%s cannot be asked what happened since the backup: %s", account.id, problem)
    except OperationalError:
        raise
    except INDIGESTIBLE:
        log.exception("what %s says that happened since the backup cannot be read", account.id)
    if not account.enabled:  # nothing waits for it, so nobody need look
        mine = GatewayAccount.objects.filter(organization=organization, id=account.id)
        mine.update(history_due_at=clock.now(None) + EVERY)
        return None
    restored = restoration.under_way()
    if restored is None or clock.now(None) - restored.restored_at >= PATIENCE:
        facts: Data = {"provider": account.label}
        _task(organization, PROVIDER_SILENT, _silence(account, since), facts)
    return None


def _lists_it(speaker: HistoryGateway) -> bool:
    """What was done before the restore and is not listed yet would be done a second time. Raises
    ``HistoryUnavailable``."""
    restored = restoration.last()
    if restored is None or Capability.LAGS not in speaker.capabilities:
        return True
    return cast(LaggingGateway, speaker).reaches().payers >= restored.restored_at


def _answers_again(organization: Organization, account: GatewayAccount, since: datetime) -> None:
    for task in still_open(organization, _silence(account, since), PROVIDER_SILENT):
        resolve_attention(organization=organization, task_id=task.id, actor=SYSTEM)


def _silence(account: GatewayAccount, since: datetime) -> UUID:
    """The next restore is another matter."""
    return uuid5(account.id, f"silent {since.isoformat()}")


def _compared(organization: Organization, account: GatewayAccount) -> bool:
    """Has a person marked the comparison as done since the restore?"""
    task = Attention.objects.filter(
        organization=organization, kind=COMPARE_BY_HAND, subject_id=account.id
    ).first()
    if task is None:
        _task(organization, COMPARE_BY_HAND, account.id, {"provider": account.label})
        return False
    if task.resolved_at is None:
        return False
    task.delete()  # the next restore asks anew
    return True


def _task(organization: Organization, kind: str, subject: UUID, facts: Data) -> None:
    about = ("gateway_account", subject)
    raise_attention(organization=organization, kind=kind, subject=about, data=facts, actor=SYSTEM)
