"""A person fetches the file of an export."""

from __future__ import annotations

from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import storages
from django.utils.translation import gettext as _

from allsquare.connect.errors import ExportNotReady
from allsquare.connect.models import Export
from allsquare.connect.selectors import get_export
from allsquare.connect.sources.kinds import permission_of
from allsquare.connect.states import ExportState
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.identity.permissions import require


def open_export(*, organization: Organization, export_id: UUID, actor: Actor) -> tuple[Export, File[bytes]]:
    """Who took what data out of the house is an event. The list's permission counts at this moment, not at the
    one when the export was asked for. Raises ``ExportUnknown``, :class:`ExportNotReady`, ``PermissionDenied``."""
    export = get_export(organization, export_id)
    require(organization, actor, permission_of(export.list_name))
    if export.state != ExportState.DONE or not export.expires_at or export.expires_at <= clock.now(None):
        raise ExportNotReady(_("There is no file of this export, or not any more. Export the list again."))
    try:
        file = storages["exports"].open(export.stored_as)
    except FileNotFoundError:
        raise ExportNotReady(_("The file of this export is gone. Export the list again.")) from None
    news = News("export.fetched", "export", export.id, {"list": export.list_name})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return export, file
