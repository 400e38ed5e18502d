"""Writing an export: batch by batch into a part file, then as a whole into the file that was asked for.

Each batch is on the disk before the row says so. Whoever takes over after a kill copies the good beginning of the
part file and goes on; on another machine, which has no part file, it begins anew. A second worker takes the ``run``
over, and the first one finds that out at its next batch.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import override

from allsquare.connect.errors import StatementMoved
from allsquare.connect.files.part import PartFile
from allsquare.connect.files.written import write_file
from allsquare.connect.models import Export
from allsquare.connect.sources.kinds import source_of
from allsquare.connect.sources.source import Source
from allsquare.connect.states import UNDER_WAY, ExportState
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import AllsquareError
from allsquare.core.events import News, record
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require

#: Rows read at once: what is in memory.
BATCH: Final = 1_000
_KEPT: Final = timedelta(days=7)


def run_export(*, organization: Organization, export_id: UUID) -> Export | None:
    """To its end; ``None`` when it was stopped, taken over, or had ended before. A repeat does no harm."""
    require(organization, SYSTEM, Permission.VIEW_SALES)
    export = _take(organization, export_id)
    if export is None:
        return None
    with override(export.language):
        try:
            return _written(organization, export)
        except (AllsquareError, OSError, ValueError) as error:
            _fail(organization, export, error)
            return None


def _take(organization: Organization, export_id: UUID) -> Export | None:
    """As a new run, unless there is nothing left to do."""
    mine = Export.objects.filter(organization=organization, id=export_id, state__in=UNDER_WAY)
    run = new_id()
    before = mine.values_list("run", flat=True).first()
    if not mine.update(state=ExportState.RUNNING, run=run, error=""):
        return None
    export = Export.objects.filter(organization=organization, id=export_id, run=run).first()
    if export is not None and not PartFile(export.id, run).take_over(before, export.bytes_done):
        export.rows_done = export.bytes_done = 0
        export.place = ""
    return export


def _written(organization: Organization, export: Export) -> Export | None:
    source = source_of(organization, export)
    with PartFile(export.id, export.run).writing() as part:
        while True:
            found = source.read(export.place, export.rows_done, limit=BATCH)
            for cells in found.records:
                part.add(cells)
            size = part.flushed()
            if not _advance(organization, export, found.rows, size, found.place):
                return None
            if found.ended:
                break
    return _finish(organization, export, source)


def _advance(organization: Organization, export: Export, rows: int, size: int, place: str) -> bool:
    """Say how far it is; ``False`` when a person stopped it or another worker took it over."""
    export.rows_done, export.bytes_done, export.place = export.rows_done + rows, size, place
    same = Export.objects.filter(
        organization=organization, id=export.id, run=export.run, state=ExportState.RUNNING
    )
    return bool(same.update(rows_done=export.rows_done, bytes_done=size, place=place))


def _finish(organization: Organization, export: Export, source: Source) -> Export | None:
    part = PartFile(export.id, export.run)
    size = write_file(export, source.heads(), part.records())
    now = clock.now(organization)
    with transaction.atomic():
        same = Export.objects.filter(
            organization=organization, id=export.id, run=export.run, state=ExportState.RUNNING
        )
        done = same.update(
            state=ExportState.DONE,
            size=size,
            rows_about=F("rows_done"),
            is_estimate=False,
            finished_at=now,
            expires_at=clock.now(None) + _KEPT,
        )
        if done:
            news = News(
                "export.finished", "export", export.id, {"list": export.list_name, "rows": export.rows_done}
            )
            record(organization_id=organization.id, news=[news], actor=SYSTEM, at=now)
    part.remove()
    return Export.objects.filter(organization=organization, id=export.id).first() if done else None


def _fail(organization: Organization, export: Export, error: Exception) -> None:
    words = (
        error.message
        if isinstance(error, AllsquareError)
        else _("The file could not be written: %(why)s") % {"why": type(error).__name__}
    )
    same = Export.objects.filter(organization=organization, id=export.id, run=export.run)
    # What is written of something that has changed since is no good beginning.
    anew = {"rows_done": 0, "bytes_done": 0, "place": ""} if isinstance(error, StatementMoved) else {}
    with transaction.atomic():
        if same.filter(state=ExportState.RUNNING).update(state=ExportState.FAILED, error=words, **anew):
            news = News("export.failed", "export", export.id, {"list": export.list_name, "error": words})
            record(organization_id=organization.id, news=[news], actor=SYSTEM, at=clock.now(organization))
