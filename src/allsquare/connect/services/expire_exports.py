"""Files of exports are deleted after some days: data that left the house need not lie about in it."""

from __future__ import annotations

from django.core.files.storage import storages

from allsquare.connect.models import Export
from allsquare.connect.states import ExportState
from allsquare.core import clock


def expire_exports(*, limit: int = 100) -> int:
    """For the worker, which serves every organization; returns how many went."""
    due = Export.objects.filter(state=ExportState.DONE, expires_at__lte=clock.now(None)).order_by(
        "expires_at"
    )
    gone = list(due[:limit])
    for export in gone:
        storages["exports"].delete(export.stored_as)
    Export.objects.filter(id__in=[export.id for export in gone]).update(state=ExportState.EXPIRED)
    return len(gone)
