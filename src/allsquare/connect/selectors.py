"""Reading exports, batches and jobs that went wrong. The organization comes first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from allsquare.connect.errors import BatchUnknown, ExportUnknown, JobUnknown
from allsquare.connect.models import Batch, BatchRow, Export
from allsquare.connect.states import BatchRowState
from allsquare.core.models import JobTrouble
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


@dataclass(frozen=True, slots=True)
class BatchCount:
    """How far a batch is."""

    waiting: int
    done: int
    refused: int

    @property
    def all(self) -> int:
        return self.waiting + self.done + self.refused

    @property
    def over(self) -> int:
        """Rows that nothing more will become of."""
        return self.done + self.refused


def get_batch(organization: Organization, batch_id: UUID) -> Batch:
    """Raises :class:`BatchUnknown`."""
    found = Batch.objects.filter(organization=organization, id=batch_id).select_related("person").first()
    if found is None:
        raise BatchUnknown(_("There is no such act on many rows. It is kept for 90 days."))
    return found


def batches_among(organization: Organization, ids: Iterable[UUID]) -> set[UUID]:
    """Which of these there are."""
    return set(Batch.objects.filter(organization=organization, id__in=list(ids)).values_list("id", flat=True))


def batch_by_key(organization: Organization, key: str) -> Batch | None:
    """What the same press began before."""
    return Batch.objects.filter(organization=organization, key=key).first()


def count_batch(organization: Organization, batch: Batch) -> BatchCount:
    rows = BatchRow.objects.filter(organization=organization, batch=batch).values_list("state")
    found = dict(rows.annotate(number=Count("id")))
    return BatchCount(
        waiting=found.get(BatchRowState.WAITING, 0),
        done=found.get(BatchRowState.DONE, 0),
        refused=found.get(BatchRowState.REFUSED, 0),
    )


def rows_of_batch(organization: Organization, batch: Batch) -> list[BatchRow]:
    """What was refused first, then what was done, then what waits; each in the order of the list."""
    found = BatchRow.objects.filter(organization=organization, batch=batch).order_by("place")
    order = [BatchRowState.REFUSED, BatchRowState.DONE, BatchRowState.WAITING]
    return sorted(found, key=lambda row: order.index(BatchRowState(row.state)))


def job_to_change(organization: Organization, trouble_id: UUID) -> JobTrouble:
    """Locked. Raises :class:`JobUnknown`."""
    mine = JobTrouble.objects.filter(organization_id=organization.id, id=trouble_id)
    found = mine.select_for_update(no_key=True).first()
    if found is None:
        raise JobUnknown(_("There is no such job. It may be done by now."))
    return found
