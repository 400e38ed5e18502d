"""Reading the event log. The organization comes first."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from allsquare.core.models import Event


def events_of(organization_id: UUID, subject_ids: Iterable[UUID], *, limit: int = 200) -> list[Event]:
    """What happened to these subjects, oldest first; of more than ``limit`` events, the latest."""
    found = Event.objects.filter(organization_id=organization_id, subject_id__in=list(subject_ids))
    return list(found.order_by("-id")[:limit])[::-1]


def list_events(
    organization_id: UUID, *, before: UUID | None = None, kind: str = "", about: str = "", limit: int = 50
) -> list[Event]:
    """The newest first, those older than event ``before``, of one kind or about one type of subject (such as
    ``invoice``), or all."""
    found = Event.objects.filter(organization_id=organization_id)
    if before is not None:
        found = found.filter(id__lt=before)
    if kind:
        found = found.filter(kind=kind)
    if about:
        found = found.filter(subject_type=about)
    return list(found.order_by("-id")[:limit])
