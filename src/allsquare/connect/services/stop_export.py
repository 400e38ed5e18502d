"""A person stops an export; what is written stays, so that it can go on."""

from __future__ import annotations

from uuid import UUID

from allsquare.connect.long_work import stop
from allsquare.connect.models import Export
from allsquare.connect.selectors import get_export
from allsquare.connect.sources.kinds import permission_of
from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import require


@retrying
def stop_export(*, organization: Organization, export_id: UUID, actor: Actor) -> Export:
    """One that ended meanwhile, or was stopped before, stays as it is. Raises ``ExportUnknown``."""
    export = get_export(organization, export_id)
    require(organization, actor, permission_of(export.list_name))
    stop(organization, export, actor)
    return get_export(organization, export_id)
