"""A person lets a stopped or failed batch go on with the rows that wait."""

from __future__ import annotations

from uuid import UUID

from allsquare.connect.long_work import take_up
from allsquare.connect.models import Batch
from allsquare.connect.selectors import get_batch
from allsquare.connect.tasks import do_batch
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import batch_act
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def resume_batch(*, organization: Organization, batch_id: UUID, actor: Actor) -> Batch:
    """In the name of whoever began it. One that is under way or done stays as it is. Raises ``BatchUnknown``."""
    batch = get_batch(organization, batch_id)
    require(organization, actor, Permission(batch_act(batch.act).permission))
    if take_up(organization, batch, actor):
        do_batch.defer(organization_id=str(organization.id), batch_id=str(batch.id))
    return get_batch(organization, batch_id)
