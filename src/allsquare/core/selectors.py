"""Reading the event log. The organization comes first."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from allsquare.core.models import Event


def events_of(organization_id: UUID, subject_ids: Iterable[UUID], limit: int = 100) -> list[Event]:
    """What happened to these rows, newest first."""
    found = Event.objects.filter(organization_id=organization_id, subject_id__in=list(subject_ids))
    return list(found.order_by("-id")[:limit])


def list_events(
    organization_id: UUID, *, about: str = "", before: UUID | None = None, limit: int = 50
) -> list[Event]:
    """Newest first; ``before`` is the last id of the page above (keyset). ``about`` keeps to one kind of subject,
    such as ``invoice``."""
    found = Event.objects.filter(organization_id=organization_id)
    if about:
        found = found.filter(subject_type=about)
    if before:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:limit])
