"""Writing an export: batch by batch into a part file, then as a whole into the file that was asked for.

Each batch is on the disk before the row says so. Whoever takes over after a kill copies the good beginning of the
part file and goes on; on another machine, which has no part file, it begins anew. A second worker takes the ``run``
over, and the first one finds that out at its next batch.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from allsquare.connect.files.part import PartFile
from allsquare.connect.files.written import write_file
from allsquare.connect.models import Export
from allsquare.connect.rows import heads, record_of
from allsquare.connect.states import UNDER_WAY, ExportState
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import AllsquareError
from allsquare.core.events import News, record
from allsquare.core.ids import new_id
from allsquare.core.listing import Cursor, ListQuery, list_spec, read_places, read_query, read_rows
from allsquare.core.listing.pages import patient
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require

#: Rows read at once: what is in memory.
BATCH: Final = 1_000
#: Milliseconds for one batch.
_PATIENCE: Final = 60_000
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
    query = read_query(list_spec(export.list_name), organization, export.parameters)
    with patient(_PATIENCE):
        narrowed = query.narrowed(organization)
    with PartFile(export.id, export.run).writing() as part:
        while True:
            ids, place, ended = _next(organization, export, query, narrowed)
            with patient(_PATIENCE):
                rows = read_rows(organization, query, ids)
            for row in rows:
                part.add(record_of(query, row))
            size = part.flushed()
            if not _advance(organization, export, len(ids), size, place):
                return None
            if ended:
                break
    return _finish(organization, export, query)


def _next(
    organization: Organization, export: Export, query: ListQuery, narrowed: QuerySet[Any]
) -> tuple[list[UUID], str, bool]:
    """The next ids, where they end, and whether that is the end of all."""
    if export.ids:
        chosen = [UUID(name) for name in export.ids[export.rows_done : export.rows_done + BATCH]]
        return chosen, "", export.rows_done + len(chosen) >= len(export.ids)
    after = Cursor.read(export.place, query.sort) if export.place else None
    with patient(_PATIENCE):
        places = read_places(organization, query.at(after=after), limit=BATCH, rows=narrowed)
    last = str(places[-1]) if places else export.place
    return [place.id for place in places], last, len(places) < BATCH


def _advance(organization: Organization, export: Export, rows: int, size: int, place: str) -> bool:
    """Say how far it is; ``False`` when a person stopped it or another worker took it over."""
    export.rows_done, export.bytes_done, export.place = export.rows_done + rows, size, place
    same = Export.objects.filter(
        organization=organization, id=export.id, run=export.run, state=ExportState.RUNNING
    )
    return bool(same.update(rows_done=export.rows_done, bytes_done=size, place=place))


def _finish(organization: Organization, export: Export, query: ListQuery) -> Export | None:
    part = PartFile(export.id, export.run)
    size = write_file(export, heads(organization, query), part.records())
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
    with transaction.atomic():
        if same.filter(state=ExportState.RUNNING).update(state=ExportState.FAILED, error=words):
            news = News("export.failed", "export", export.id, {"list": export.list_name, "error": words})
            record(organization_id=organization.id, news=[news], actor=SYSTEM, at=clock.now(organization))
