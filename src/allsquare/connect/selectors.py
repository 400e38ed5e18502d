"""Reading exports. The organization comes first."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.connect.errors import ExportUnknown
from allsquare.connect.models import Export
from allsquare.identity.models import Organization


def list_exports(organization: Organization, list_names: Iterable[str], *, limit: int = 50) -> list[Export]:
    """Newest first, of the lists that somebody may see, with who asked for each."""
    found = Export.objects.filter(organization=organization, list_name__in=list(list_names))
    return list(found.select_related("person").order_by("-id")[:limit])


def get_export(organization: Organization, export_id: UUID) -> Export:
    """Raises :class:`ExportUnknown`."""
    found = Export.objects.filter(organization=organization, id=export_id).select_related("person").first()
    if found is None:
        raise ExportUnknown(_("There is no such export."))
    return found
