"""The acts of a batch, row by row. Each row is one transaction: the act and what is written about it commit together,
so a worker that dies, or a second one beside it, does nothing twice.

What the database does not let be done (a lock that is never free, a deadlock again and again) is put off, so that the
rows behind it have their turn, and given up with its reason after some tries. While the database is away no try is
counted, since none can be written down.
"""

from __future__ import annotations

import logging
from collections.abc import Set
from functools import partial
from typing import Final
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import override

from allsquare.connect.models import Batch, BatchRow
from allsquare.connect.states import BatchRowState, BatchState
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, ActorKind
from allsquare.core.batch_acts import BatchAct, batch_act
from allsquare.core.errors import AllsquareError
from allsquare.core.events import News, record
from allsquare.core.transactions import retried
from allsquare.identity.models import Membership, Organization
from allsquare.identity.permissions import Permission, require

log = logging.getLogger(__name__)

#: Runs of the job in which the database did not let a row be done; fewer than the job has tries.
MOST_TRIES: Final = 3


class _PutOff(Exception):
    """The database did not let this row be done."""

    def __init__(self, row: UUID, why: OperationalError) -> None:
        super().__init__(row, why)
        self.row, self.why = row, why


def run_batch(*, organization: Organization, batch_id: UUID) -> None:
    """Until no row waits or a person stops it. A repeat does no harm.

    Raises ``OperationalError`` when rows are left that the database did not let be done: the job is tried again.
    """
    require(organization, SYSTEM, Permission.VIEW_SALES)
    mine = Batch.objects.filter(organization=organization, id=batch_id)
    mine.filter(state=BatchState.QUEUED).update(state=BatchState.RUNNING)
    batch = mine.filter(state=BatchState.RUNNING).select_related("person").first()
    if batch is None:
        return
    act, actor = batch_act(batch.act), _who(organization, batch)
    with override(batch.language):
        put_off = _go_through(organization, batch, act, actor)
        retried(lambda: _finish(organization, batch))
    if put_off is not None:
        raise put_off


def _go_through(
    organization: Organization, batch: Batch, act: BatchAct, actor: Actor
) -> OperationalError | None:
    """Every row that waits, once; why one of them waits still."""
    put_off: dict[UUID, OperationalError] = {}
    while True:
        try:
            if not retried(lambda: _next(organization, batch, act, actor, but=put_off.keys())):
                break
        except _PutOff as error:
            put_off[error.row] = error.why
            retried(partial(_count_try, organization, error.row, error.why))
    waiting = BatchRow.objects.filter(organization=organization, id__in=put_off, state=BatchRowState.WAITING)
    return next((put_off[row] for row in waiting.values_list("id", flat=True)[:1]), None)


def _count_try(organization: Organization, row_id: UUID, why: OperationalError) -> None:
    row = BatchRow.objects.filter(organization=organization, id=row_id, state=BatchRowState.WAITING)
    row.update(tries=F("tries") + 1)
    log.warning("batch row %s was put off: %s", row_id, why)
    said = str(why).strip().partition("\n")[0]
    words = _("The database did not let it be done, after several tries: %(problem)s") % {
        "problem": said[:300]
    }
    row.filter(tries__gte=MOST_TRIES).update(state=BatchRowState.REFUSED, words=words)


def _who(organization: Organization, batch: Batch) -> Actor:
    """Who asked for it, with the role that they have by now: each row's service asks whether it suffices."""
    role = Membership.objects.filter(organization=organization, person=batch.person, person__is_active=True)
    return Actor(
        ActorKind.PERSON,
        str(batch.person_id),
        str(batch.person),
        role=role.values_list("role", flat=True).first() or "",
        organization_id=organization.id,
        address=batch.address,
        request=batch.request,
    )


def _next(organization: Organization, batch: Batch, act: BatchAct, actor: Actor, *, but: Set[UUID]) -> bool:
    """One row that waits and that nobody else is at, none of ``but``; ``False`` when there is none, or when it was
    stopped."""
    running = Batch.objects.filter(organization=organization, id=batch.id, state=BatchState.RUNNING)
    if not running.exists():
        return False
    waiting = BatchRow.objects.filter(organization=organization, batch=batch, state=BatchRowState.WAITING)
    free = waiting.exclude(id__in=but).select_for_update(skip_locked=True, no_key=True)
    row = free.order_by("tries", "place").first()
    if row is None:
        return False
    row.state, row.words = _done(organization, batch, act, actor, row)
    row.save(update_fields=["state", "words"])
    return True


def _done(
    organization: Organization, batch: Batch, act: BatchAct, actor: Actor, row: BatchRow
) -> tuple[BatchRowState, str]:
    """What the row's own service refuses leaves it as it is, and the others too."""
    try:
        with transaction.atomic():
            return BatchRowState.DONE, act.run(organization, actor, row.subject_id, batch.given)
    except AllsquareError as error:
        return BatchRowState.REFUSED, error.message
    except OperationalError as error:
        raise _PutOff(row.id, error) from error
    except Exception as error:
        if isinstance(error.__cause__, OperationalError):  # wrapped by the queue when a job was put into it
            raise _PutOff(row.id, error.__cause__) from error
        log.exception("batch %s: row %s", batch.id, row.subject_id)
        return BatchRowState.REFUSED, _(
            "It could not be done, by a fault of the program. See the server's log."
        )


def _finish(organization: Organization, batch: Batch) -> None:
    """By whoever finds that nothing waits any more, once."""
    rows = BatchRow.objects.filter(organization=organization, batch=batch)
    if rows.filter(state=BatchRowState.WAITING).exists():
        return
    now = clock.now(organization)
    running = Batch.objects.filter(organization=organization, id=batch.id, state=BatchState.RUNNING)
    if running.update(state=BatchState.DONE, finished_at=now):
        refused = rows.filter(state=BatchRowState.REFUSED).count()
        news = News("batch.finished", "batch", batch.id, {"act": batch.act, "refused": refused})
        record(organization_id=organization.id, news=[news], actor=SYSTEM, at=now)
