"""The acts of a batch, row by row. Each row is one transaction: the act and what is written about it commit together,
so a worker that dies, or a second one beside it, does nothing twice."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import OperationalError, transaction
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


def run_batch(*, organization: Organization, batch_id: UUID) -> None:
    """Until no row waits or a person stops it. A repeat does no harm."""
    require(organization, SYSTEM, Permission.VIEW_SALES)
    mine = Batch.objects.filter(organization=organization, id=batch_id)
    mine.filter(state=BatchState.QUEUED).update(state=BatchState.RUNNING)
    batch = mine.filter(state=BatchState.RUNNING).select_related("person").first()
    if batch is None:
        return
    act, actor = batch_act(batch.act), _who(organization, batch)
    with override(batch.language):
        while retried(lambda: _next(organization, batch, act, actor)):
            pass
        retried(lambda: _finish(organization, batch))


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


def _next(organization: Organization, batch: Batch, act: BatchAct, actor: Actor) -> bool:
    """One row that waits and that nobody else is at; ``False`` when there is none, or when it was stopped."""
    running = Batch.objects.filter(organization=organization, id=batch.id, state=BatchState.RUNNING)
    if not running.exists():
        return False
    waiting = BatchRow.objects.filter(organization=organization, batch=batch, state=BatchRowState.WAITING)
    row = waiting.select_for_update(skip_locked=True, no_key=True).order_by("place").first()
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
    except OperationalError:
        raise  # a deadlock or a lost connection is no row's fault: tried again
    except Exception as error:  # whatever it is: raised, this row would be taken first again and again
        if isinstance(error.__cause__, OperationalError):
            raise error.__cause__ from error  # as above, wrapped by the queue when a job was put into it
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
