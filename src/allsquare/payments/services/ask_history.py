"""News that only a webhook brings (disputes, payouts, refunds that fail late) is asked for as well.

A webhook may never come. A provider that keeps a list of what happened is asked for it again and again, each time from
a while before the last time, and what it says goes through the door: what a webhook told already changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID, uuid5

from django.db import OperationalError
from django.db.models import Q

from allsquare.core import clock, failpoints, restoration
from allsquare.core.actor import SYSTEM, gateway_actor
from allsquare.core.errors import INDIGESTIBLE
from allsquare.core.events import Data
from allsquare.identity.models import Organization
from allsquare.payments import trying
from allsquare.payments.account_identity import identity_of, keep
from allsquare.payments.attention import NOT_TAKEN_IN
from allsquare.payments.errors import OutcomeTooEarly, OutcomeUnmatched
from allsquare.payments.gateway import Capability, Outcome, Subject
from allsquare.payments.gateway_abilities import (
    HistoryGateway,
    HistoryUnavailable,
    LaggingGateway,
    Sighting,
)
from allsquare.payments.models import GatewayAccount, InboxEvent, Payment, PaymentAttempt
from allsquare.payments.registry import adapter
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.payments.services.settle import settle
from allsquare.payments.services.take_sighting import take_sighting
from allsquare.payments.states import InboxState

log = logging.getLogger(__name__)

#: Between two questions to one account.
EVERY: Final = timedelta(hours=1)
#: Each question begins this long before the last one: clocks differ, and lists may lag behind what happens.
OVERLAP: Final = timedelta(hours=1)
#: How far the first question goes back for an account of which nobody wrote down when it was added.
FIRST: Final = timedelta(days=7)
#: Outcomes settled in one transaction.
BATCH: Final = 500


def ask_history(*, organization: Organization, gateway_account: GatewayAccount) -> bool:
    """Ask what happened since the last time and take it in; ``False`` when another worker is at it, or the provider
    did not answer, or some of it came too early: then the next question goes back as far again. The system does this by
    itself, so no actor is asked for."""
    now = clock.now(None)
    if not _claim(organization, gateway_account, now):
        return False
    known_until = gateway_account.history_until or gateway_account.added_at or now - FIRST
    since = known_until - OVERLAP
    speaker = cast(HistoryGateway, adapter(gateway_account))
    try:
        reached = _reached(speaker, now)
        sightings = list(speaker.since(since))
    except HistoryUnavailable as problem:
        log.warning("%s cannot be asked what happened: %s", gateway_account.id, problem)
        return False
    except INDIGESTIBLE:
        # A list that its adapter cannot read is no reason to end the worker, which serves others as well.
        log.exception("what %s says that happened cannot be read", gateway_account.id)
        return False
    if gateway_account.identity is None:
        keep(gateway_account, identity_of(gateway_account))  # an older version did not ask, or it was away
    if gateway_account.added_at is None and gateway_account.enabled:  # nor did that ask what is real
        trying.remind(organization, gateway_account, gateway_account.created_at)
    failpoints.reached("history.asked")
    for sighting in _lost(organization, sightings):
        take_sighting(organization=organization, gateway_account=gateway_account, sighting=sighting)
    outcomes = _ours(organization, gateway_account, [sighting.outcome for sighting in sightings])
    parts = [outcomes[start : start + BATCH] for start in range(0, len(outcomes), BATCH)]
    taken = [_take(organization, gateway_account, part) for part in parts]
    if not all(taken):
        return False
    failpoints.reached("history.taken_in")
    mine = GatewayAccount.objects.filter(organization=organization, id=gateway_account.id)
    mine.update(history_until=reached)
    return True


def _reached(speaker: HistoryGateway, now: datetime) -> datetime:
    """Until when the answer holds. Raises ``HistoryUnavailable``."""
    if Capability.LAGS not in speaker.capabilities:
        return now
    return min(cast(LaggingGateway, speaker).reaches().everything, now)


def _lost(organization: Organization, sightings: Sequence[Sighting]) -> list[Sighting]:
    """Charges of ours from a time that a restored backup does not know: whoever lists them only now would never be
    believed again, and their payer would be asked once more."""
    times = restoration.lost_times()
    if not times:
        return []
    charges = [each for each in sightings if each.outcome.subject is Subject.CHARGE and each.outcome.key]
    keys = [each.outcome.key for each in charges if each.outcome.key]
    known = set(
        PaymentAttempt.objects.filter(organization=organization, id__in=keys).values_list("id", flat=True)
    )
    return [
        each
        for each in charges
        if each.outcome.key not in known and each.outcome.happened_at
        if any(taken - OVERLAP <= each.outcome.happened_at <= until + OVERLAP for taken, until in times)
    ]


def _claim(organization: Organization, account: GatewayAccount, now: datetime) -> bool:
    """Move the next question, if nobody else did. Not while a restore is under way: ``recover`` asks then."""
    due = Q(history_due_at__isnull=True) | Q(history_due_at__lte=now)
    mine = GatewayAccount.objects.filter(
        due, organization=organization, id=account.id, unknown_since__isnull=True
    )
    return mine.update(history_due_at=now + EVERY) == 1


def _ours(organization: Organization, account: GatewayAccount, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Without what somebody else does with the same account."""
    keys = [outcome.key for outcome in outcomes if outcome.subject is Subject.CHARGE and outcome.key]
    names = {_charge_of(outcome) for outcome in outcomes} - {""}
    attempts = PaymentAttempt.objects.filter(organization=organization, id__in=keys)
    known: set[UUID | str | None] = set(attempts.values_list("id", flat=True))
    paid = Payment.objects.filter(organization=organization, gateway_account=account, reference__in=names)
    known.update(paid.values_list("reference", flat=True))
    # A charge of ours whose answer was lost has no name with us yet, but its refunds and disputes have.
    known.update(each.reference for each in outcomes if each.subject is Subject.CHARGE and each.key in known)
    return [o for o in outcomes if o.subject in (Subject.PAYOUT, Subject.METHOD) or _charge_of(o) in known]


def _charge_of(outcome: Outcome) -> str:
    return outcome.reference if outcome.subject is Subject.CHARGE else outcome.charge_reference


def _take(organization: Organization, account: GatewayAccount, outcomes: Sequence[Outcome]) -> bool:
    """All at once; one by one where something in it cannot be taken in, so that only that one is left to a person.
    ``False`` when something must be asked for again."""
    try:
        _settle(organization, account, outcomes)
    except OperationalError:
        raise
    except INDIGESTIBLE:
        taken = [_alone(organization, account, outcome) for outcome in outcomes]
        return all(taken)
    return True


def _alone(organization: Organization, account: GatewayAccount, outcome: Outcome) -> bool:
    try:
        _settle(organization, account, [outcome])
    except OperationalError:
        raise
    except OutcomeTooEarly:
        log.info("%s %s came too early", outcome.subject, outcome.reference)
        return False
    except INDIGESTIBLE as error:
        if outcome.subject is Subject.PAYOUT and isinstance(error, OutcomeUnmatched):
            log.info("payout %s is not ours", outcome.reference)
            return True
        log.exception("%s %s could not be taken in", outcome.subject, outcome.reference)
        _ask_a_person(organization, account, outcome)
    return True


def _settle(organization: Organization, account: GatewayAccount, outcomes: Sequence[Outcome]) -> None:
    settle(
        organization=organization,
        gateway_account=account,
        outcomes=outcomes,
        actor=gateway_actor(account.gateway),
    )


def _ask_a_person(organization: Organization, account: GatewayAccount, outcome: Outcome) -> None:
    """Once about each thing that happened, and not while a webhook about it waits or is parked: the inbox tells of
    that."""
    came = InboxEvent.objects.filter(
        organization=organization, gateway_account=account, object_reference=outcome.reference
    )
    if came.exclude(state=InboxState.DONE).exists():
        return
    happened = f"{outcome.reference} {outcome.status} {outcome.dispute_stage or ''}"
    facts: Data = {"provider": account.label, "charge": outcome.reference}
    if outcome.amount is not None:
        facts |= {"amount_minor": outcome.amount.minor, "currency": outcome.amount.currency.code}
    raise_attention(
        organization=organization,
        kind=NOT_TAKEN_IN,
        subject=("gateway_account", uuid5(account.id, happened)),
        data=facts,
        actor=SYSTEM,
    )
