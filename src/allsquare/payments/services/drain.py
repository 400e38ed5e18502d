"""The inbox is emptied in batches through the door; what cannot be digested is parked, and the rest flows on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import DatabaseError, OperationalError, transaction
from django.db.models import QuerySet

from allsquare.core import bulk, clock, failpoints
from allsquare.core.actor import SYSTEM, gateway_actor
from allsquare.core.checks import cleaned
from allsquare.core.errors import AllsquareError, Conflict
from allsquare.core.events import Data, News, record
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.payments.attention import DELIVERY_PARKED
from allsquare.payments.errors import OutcomeTooEarly, OutcomeUnmatched
from allsquare.payments.gateway import GatewayEvent, Outcome
from allsquare.payments.gateway_abilities import HintingGateway, NewsUnavailable
from allsquare.payments.models import Attention, GatewayAccount, InboxEvent, Payment
from allsquare.payments.registry import adapter, hinting
from allsquare.payments.services.close_tested import close_tested
from allsquare.payments.services.settle import settle
from allsquare.payments.states import InboxState
from allsquare.payments.taking import follow

#: News that matches nothing or met another's change is read again this often before a person must look.
TRIES = 8
#: A provider that does not answer is asked this often, and what waits for other news of ours is read again this often:
#: for about half a day.
ASKED = 24
#: What news may raise: it is found and parked one by one. A deadlock or a lost connection (``OperationalError``) is
#: the fault of no news.
INDIGESTIBLE = (
    AllsquareError,
    DatabaseError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


def drain(*, organization: Organization, gateway_account: GatewayAccount, limit: int = 1000) -> int:
    """Digest what waits in the inbox of one gateway account, oldest news first; returns how many rows were taken.

    Effects and the mark *done* commit together. Two workers take different rows. News of one object may be digested
    in any order, since states only move forward; in a batch it is in the order in which it happened. A batch that
    fails is taken again by halves, so that only the culprit waits or is parked. The system does this by itself, so
    no actor is asked for.
    """
    asked = hinting(gateway_account)
    if asked is not None:
        return _drain_hints(organization, gateway_account, asked, limit)
    taken = retried(partial(_drain, organization, gateway_account, limit))
    failpoints.reached("inbox.drained")
    return taken


def _drain(organization: Organization, account: GatewayAccount, limit: int) -> int:
    rows = _waiting(organization, account, limit)
    failpoints.reached("inbox.taken")
    _by_halves(organization, account, rows)
    return len(rows)


def _by_halves(organization: Organization, account: GatewayAccount, rows: Sequence[InboxEvent]) -> None:
    """All at once; where it fails, each half by itself: of a thousand a culprit is found in ten steps, and most of the
    others are still taken together."""
    if len(rows) == 1:
        _alone(organization, account, rows[0])
        return
    try:
        with transaction.atomic():
            _digest(organization, account, rows)
    except OperationalError:
        raise
    except INDIGESTIBLE:
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            _by_halves(organization, account, half)


def _drain_hints(
    organization: Organization, account: GatewayAccount, speaker: HintingGateway, limit: int
) -> int:
    """The provider is asked about each piece of news before any transaction. Two workers may ask the same; what
    they hear is taken once."""
    due = _due(organization, account).order_by("next_try_at", "id")[:limit]
    rows = sorted(due, key=_age)
    for row in rows:
        try:
            heard = follow(organization, account, speaker, _event(row))
        except NewsUnavailable as error:
            retried(partial(_later, organization, row, error, parked=row.tries + 1 >= ASKED))
            continue
        except OperationalError:
            raise
        except INDIGESTIBLE as error:  # an answer that its adapter did not foresee stops nobody else's news
            retried(partial(_later, organization, row, error, parked=_is_over(account, row, error)))
            continue
        retried(partial(_alone, organization, account, row, heard))
        close_tested(organization=organization, outcomes=heard)
    return len(rows)


def _due(organization: Organization, account: GatewayAccount) -> QuerySet[InboxEvent]:
    return InboxEvent.objects.filter(
        organization=organization,
        gateway_account=account,
        state=InboxState.RECEIVED,
        next_try_at__lte=clock.now(None),
    )


def _age(row: InboxEvent) -> tuple[datetime, UUID]:
    return row.occurred_at or row.received_at, row.id


def _waiting(organization: Organization, account: GatewayAccount, limit: int) -> list[InboxEvent]:
    rows = _due(organization, account).select_for_update(skip_locked=True, no_key=True)
    return sorted(rows.order_by("next_try_at", "id")[:limit], key=_age)


def _digest(
    organization: Organization,
    account: GatewayAccount,
    rows: Sequence[InboxEvent],
    heard: Sequence[Outcome] | None = None,
) -> None:
    """``heard`` is what the provider answered about the one row, where its news had to be asked for."""
    if not rows:
        return
    speaker = adapter(account)
    outcomes: list[Outcome] = list(heard or ())
    for row in rows if heard is None else ():
        outcomes.extend(speaker.outcomes(_event(row)))
    settle(
        organization=organization,
        gateway_account=account,
        outcomes=outcomes,
        actor=gateway_actor(account.gateway),
    )
    failpoints.reached("inbox.settled")
    at = clock.now(None)
    InboxEvent.objects.filter(organization=organization, id__in=[row.id for row in rows]).update(
        state=InboxState.DONE, done_at=at, error=""
    )
    failpoints.reached("inbox.marked")


def _alone(
    organization: Organization,
    account: GatewayAccount,
    row: InboxEvent,
    heard: Sequence[Outcome] | None = None,
) -> None:
    try:
        with transaction.atomic():
            _digest(organization, account, [row], heard)
    except OperationalError:
        raise
    except INDIGESTIBLE as error:
        parked = _is_over(account, row, error)
        if not parked and isinstance(error, OutcomeTooEarly):
            _ask_soon(account, adapter(account).outcomes(_event(row)) if heard is None else heard)
        _later(organization, row, error, parked=parked)


def _is_over(account: GatewayAccount, row: InboxEvent, error: Exception) -> bool:
    """Must a person look, since no later try will do better?"""
    return row.tries + 1 >= _tries_after(account, error)


def _tries_after(account: GatewayAccount, error: Exception) -> int:
    """How often it is read in all. What is about a payment of ours comes right when that does: after as long as its
    provider may take to answer. So does what may be: while there is a payment whose name at the provider we do not
    know yet, since the answer was lost. What somebody else does with the account is not ours after two minutes."""
    if isinstance(error, OutcomeTooEarly) or (
        isinstance(error, OutcomeUnmatched) and _has_nameless_payments(account)
    ):
        return ASKED
    if isinstance(error, OutcomeUnmatched | Conflict) or bulk.will_be_prepared_anew(error):
        return TRIES
    return 1


def _has_nameless_payments(account: GatewayAccount) -> bool:
    waiting = Payment.objects.filter(
        organization_id=account.organization_id,
        gateway_account=account,
        next_check_at__isnull=False,
        reference__isnull=True,
    )
    return waiting.exists()


def _ask_soon(account: GatewayAccount, outcomes: Sequence[Outcome]) -> None:
    """The news before this one never came, or comes late: what it was about is asked for now, and not when the plan
    says so, which for a debit on its way is hours later."""
    now = clock.now(None)
    about = Payment.objects.filter(
        organization_id=account.organization_id,
        gateway_account=account,
        reference__in=[outcome.charge_reference or outcome.reference for outcome in outcomes],
        next_check_at__gt=now,
    )
    about.update(next_check_at=now)


def _later(organization: Organization, asked: InboxEvent, error: Exception, *, parked: bool) -> None:
    """Of the row as it is now: another worker may have taken it in while the provider was asked."""
    waiting = InboxEvent.objects.filter(organization=organization, id=asked.id, state=InboxState.RECEIVED)
    row = waiting.select_for_update(no_key=True).first()
    if row is None:
        return
    row.tries += 1
    row.error = cleaned(f"{type(error).__name__}: {error}")
    row.state = InboxState.PARKED if parked else InboxState.RECEIVED
    row.next_try_at = _next_try(row.tries, clock.now(None))
    row.save(update_fields=["tries", "error", "state", "next_try_at"])
    if parked:
        _ask_a_person(organization, row)


def _ask_a_person(organization: Organization, row: InboxEvent) -> None:
    """Parked news may be about money: it becomes a task, once, and open again when it is parked again."""
    facts: Data = {"news": row.kind}
    at = clock.now(organization)
    Attention.objects.update_or_create(
        organization=organization,
        kind=DELIVERY_PARKED,
        subject_id=row.id,
        defaults={
            "subject_type": "inbox_event",
            "data": facts,
            "created_at": at,
            "resolved_at": None,
        },
    )
    news = News("attention.raised", "inbox_event", row.id, {"kind": DELIVERY_PARKED, **facts})
    record(organization_id=organization.id, news=[news], actor=SYSTEM, at=at)


def _next_try(tries: int, now: datetime) -> datetime:
    """1, 2, 4 … seconds, at most an hour: out-of-order news is put right by the next delivery, which is close behind;
    a provider that does not answer may take longer."""
    return now + timedelta(seconds=min(2 ** (tries - 1), 3600))


def _event(row: InboxEvent) -> GatewayEvent:
    return GatewayEvent(
        external_id=row.external_id,
        kind=row.kind,
        object_reference=row.object_reference,
        payload=row.payload,
        occurred_at=row.occurred_at,
    )
