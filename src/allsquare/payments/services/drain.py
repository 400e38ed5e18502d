"""The inbox is emptied in batches through the door; what cannot be digested is parked, and the rest flows on."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import QuerySet

from allsquare.core import bulk, clock, failpoints
from allsquare.core.actor import SYSTEM, gateway_actor
from allsquare.core.checks import cleaned
from allsquare.core.errors import INDIGESTIBLE, AllsquareError, Conflict
from allsquare.core.events import record
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.payments.at_once import AT_ONCE, Errands, asked_at_once
from allsquare.payments.attention import DELIVERY_PARKED
from allsquare.payments.errors import OutcomeTooEarly, OutcomeUnmatched
from allsquare.payments.gateway import GatewayEvent, Outcome
from allsquare.payments.gateway_abilities import HintingGateway, NewsUnavailable
from allsquare.payments.health import rests
from allsquare.payments.models import GatewayAccount, InboxEvent, Payment
from allsquare.payments.registry import adapter, hinting
from allsquare.payments.resolving import open_anew
from allsquare.payments.services.close_tested import close_tested
from allsquare.payments.services.settle import settle
from allsquare.payments.states import InboxState
from allsquare.payments.taking import follow

#: News that matches nothing or met another's change is read again this often before a person must look.
TRIES = 8
#: A provider that does not answer is asked this often, and what waits for other news of ours is read again this often:
#: for about half a day.
ASKED = 24


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of news; or all that is about one object, oldest first, with what its provider answered about that."""

    rows: tuple[InboxEvent, ...]
    heard: Sequence[Outcome] | None = None


def drain(*, organization: Organization, gateway_account: GatewayAccount, limit: int = 1000) -> int:
    """Digest what waits in the inbox of one gateway account, oldest news first; returns how many rows were taken.

    Effects and the mark *done* commit together. Two workers take different rows. News of one object may be digested
    in any order, since states only move forward; in a batch it is in the order in which it happened. A batch that
    fails is taken again by halves, so that only the culprit waits or is parked. Where the provider must be asked, that
    ends after a short while, and what is left waits for the next round: one that does not answer keeps nobody else
    from theirs. The system does this by itself, so no actor is asked for.
    """
    asked = hinting(gateway_account)
    if asked is not None:
        return _drain_hints(organization, gateway_account, asked, limit)
    taken = retried(partial(_drain, organization, gateway_account, limit))
    failpoints.reached("inbox.drained")
    return taken


def _drain(organization: Organization, account: GatewayAccount, limit: int) -> int:
    pieces = [_Piece((row,)) for row in _waiting(organization, account, limit)]
    failpoints.reached("inbox.taken")
    _by_halves(organization, account, pieces)
    return len(pieces)


def _by_halves(organization: Organization, account: GatewayAccount, pieces: Sequence[_Piece]) -> None:
    """All at once; where it fails, each half by itself: of a thousand a culprit is found in ten steps, and most of the
    others are still taken together."""
    if len(pieces) == 1:
        _alone(organization, account, pieces[0])
        return
    try:
        with transaction.atomic():
            _digest(organization, account, pieces)
    except OperationalError:
        raise
    except INDIGESTIBLE:
        middle = len(pieces) // 2
        for half in (pieces[:middle], pieces[middle:]):
            _by_halves(organization, account, half)


def _drain_hints(
    organization: Organization, account: GatewayAccount, speaker: HintingGateway, limit: int
) -> int:
    """The provider is asked about each object of the news once, before any transaction. Two workers may ask the same;
    what they hear is taken once. One that is down is asked one thing at a time, so that it is not buried as it comes
    back."""
    due = _due(organization, account).order_by("next_try_at", "id")[:limit]
    by_object: dict[Hashable, list[InboxEvent]] = {}
    for row in sorted(due, key=_age):
        about = speaker.about(_event(row))
        by_object.setdefault(row.id if about is None else about, []).append(row)
    at_once = 1 if rests(account, clock.now(None)) else AT_ONCE
    asked, errands = 0, Errands()
    hear = partial(_hear, organization, account, speaker, errands)
    for answers in asked_at_once(list(by_object.values()), hear, at_once=at_once, errands=errands):
        _take_in(organization, account, answers)
        asked += sum(len(rows) for rows, _answer in answers)
    return asked


def _hear(
    organization: Organization,
    account: GatewayAccount,
    speaker: HintingGateway,
    errands: Errands,
    rows: Sequence[InboxEvent],
) -> Sequence[Outcome] | Exception:
    """How the object is now, by the newest of its news; or why that is not known. Without the database but by
    ``errands``, since this runs in a thread of its own: before money is taken our own rows are asked."""
    try:
        return follow(organization, account, speaker, _event(rows[-1]), errands)
    except OperationalError:
        raise
    except (
        NewsUnavailable,
        *INDIGESTIBLE,
    ) as error:  # an answer that its adapter did not foresee stops nobody else's
        return error


def _take_in(
    organization: Organization,
    account: GatewayAccount,
    answers: Sequence[tuple[Sequence[InboxEvent], Sequence[Outcome] | Exception]],
) -> None:
    pieces: list[_Piece] = []
    for rows, answer in answers:
        if not isinstance(answer, Exception):
            pieces.append(_Piece(tuple(rows), answer))
            continue
        for row in rows:
            over = _is_over(account, row, answer)
            retried(partial(_later, organization, row, answer, parked=over))
    if pieces:
        pieces.sort(key=lambda piece: _age(piece.rows[0]))
        retried(partial(_by_halves, organization, account, pieces))
        close_tested(
            organization=organization, outcomes=[each for piece in pieces for each in piece.heard or ()]
        )


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


def _digest(organization: Organization, account: GatewayAccount, pieces: Sequence[_Piece]) -> None:
    if not pieces:
        return
    outcomes = _told(account, pieces)
    settle(
        organization=organization,
        gateway_account=account,
        outcomes=outcomes,
        actor=gateway_actor(account.gateway),
        current=all(piece.heard is not None for piece in pieces),
    )
    failpoints.reached("inbox.settled")
    at = clock.now(None)
    taken = [row.id for piece in pieces for row in piece.rows]
    InboxEvent.objects.filter(organization=organization, id__in=taken).update(
        state=InboxState.DONE, done_at=at, error=""
    )
    failpoints.reached("inbox.marked")


def _told(account: GatewayAccount, pieces: Sequence[_Piece]) -> list[Outcome]:
    speaker = adapter(account)
    told: list[Outcome] = []
    for piece in pieces:
        if piece.heard is not None:
            told += piece.heard
            continue
        for row in piece.rows:
            told += speaker.outcomes(_event(row))
    return told


def _alone(organization: Organization, account: GatewayAccount, piece: _Piece) -> None:
    try:
        with transaction.atomic():
            _digest(organization, account, [piece])
    except OperationalError:
        raise
    except INDIGESTIBLE as error:
        over = {row.id: _is_over(account, row, error) for row in piece.rows}
        if isinstance(error, OutcomeTooEarly) and not all(over.values()):
            _ask_soon(account, _told(account, [piece]))
        for row in piece.rows:
            _later(organization, row, error, parked=over[row.id])


def _is_over(account: GatewayAccount, row: InboxEvent, error: Exception) -> bool:
    """Must a person look, since no later try will do better?"""
    return row.tries + 1 >= _tries_after(account, error)


def _tries_after(account: GatewayAccount, error: Exception) -> int:
    """How often it is read in all. What is about a payment of ours comes right when that does: after as long as its
    provider may take to answer. So does what may be: while there is a payment whose name at the provider we do not
    know yet, since the answer was lost. What somebody else does with the account is not ours after two minutes."""
    if isinstance(error, OutcomeTooEarly | NewsUnavailable) or (
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
    row.error = cleaned(
        error.message if isinstance(error, AllsquareError) else f"{type(error).__name__}: {error}"
    )
    row.state = InboxState.PARKED if parked else InboxState.RECEIVED
    row.next_try_at = _next_try(row.tries, clock.now(None))
    row.save(update_fields=["tries", "error", "state", "next_try_at"])
    if parked:
        _ask_a_person(organization, row)


def _ask_a_person(organization: Organization, row: InboxEvent) -> None:
    """Parked news may be about money: it becomes a task, and another one when it is parked again."""
    at = clock.now(organization)
    news = open_anew(organization, DELIVERY_PARKED, ("inbox_event", row.id), {"news": row.kind}, at=at)
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
