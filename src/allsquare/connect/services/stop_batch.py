"""A person stops a batch between two rows; what is done stays done, and the rest can go on."""

from __future__ import annotations

from uuid import UUID

from allsquare.connect.long_work import stop
from allsquare.connect.models import Batch
from allsquare.connect.selectors import get_batch
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import batch_act
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def stop_batch(*, organization: Organization, batch_id: UUID, actor: Actor) -> Batch:
    """One that ended meanwhile, or was stopped before, stays as it is. Raises ``BatchUnknown``."""
    batch = get_batch(organization, batch_id)
    require(organization, actor, Permission(batch_act(batch.act).permission))
    stop(organization, batch, actor)
    return get_batch(organization, batch_id)
