"""A person stops a batch between two rows; what is done stays done, and the rest can go on."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from allsquare.connect.models import Batch
from allsquare.connect.selectors import get_batch
from allsquare.connect.states import BatchState
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import batch_act
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@transaction.atomic
def stop_batch(*, organization: Organization, batch_id: UUID, actor: Actor) -> Batch:
    """One that ended meanwhile, or was stopped before, stays as it is. Raises ``BatchUnknown``."""
    batch = get_batch(organization, batch_id)
    require(organization, actor, Permission(batch_act(batch.act).permission))
    same = Batch.objects.filter(
        organization=organization, id=batch_id, state__in=[BatchState.QUEUED, BatchState.RUNNING]
    )
    if same.update(state=BatchState.STOPPED):
        news = News("batch.stopped", "batch", batch.id, {"act": batch.act})
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return get_batch(organization, batch_id)
