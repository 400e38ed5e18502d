"""A person lets a stopped batch go on with the rows that wait."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from allsquare.connect.models import Batch
from allsquare.connect.selectors import get_batch
from allsquare.connect.states import BatchState
from allsquare.connect.tasks import do_batch
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import batch_act
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@transaction.atomic
def resume_batch(*, organization: Organization, batch_id: UUID, actor: Actor) -> Batch:
    """In the name of whoever began it. One that is under way or done stays as it is. Raises ``BatchUnknown``."""
    batch = get_batch(organization, batch_id)
    require(organization, actor, Permission(batch_act(batch.act).permission))
    same = Batch.objects.filter(organization=organization, id=batch_id, state=BatchState.STOPPED)
    if same.update(state=BatchState.QUEUED):
        news = News("batch.resumed", "batch", batch.id, {"act": batch.act})
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
        do_batch.defer(organization_id=str(organization.id), batch_id=str(batch.id))
    return get_batch(organization, batch_id)
