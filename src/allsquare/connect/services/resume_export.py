"""A person lets a stopped or failed export go on from where it was."""

from __future__ import annotations

from uuid import UUID

from allsquare.connect.long_work import take_up
from allsquare.connect.models import Export
from allsquare.connect.selectors import get_export
from allsquare.connect.sources.kinds import permission_of
from allsquare.connect.tasks import write_export
from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import require


@retrying
def resume_export(*, organization: Organization, export_id: UUID, actor: Actor) -> Export:
    """One that is under way or done stays as it is. Raises ``ExportUnknown``."""
    export = get_export(organization, export_id)
    require(organization, actor, permission_of(export.list_name))
    if take_up(organization, export, actor):
        write_export.defer(organization_id=str(organization.id), export_id=str(export.id))
    return get_export(organization, export_id)
