"""Tasks for a person that are done: each of them is told of, whoever did them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from allsquare.core.events import News
from allsquare.identity.models import Organization
from allsquare.payments.models import Attention


def still_open(organization: Organization, subject_id: UUID, *kinds: str) -> QuerySet[Attention]:
    """What is about this, is of one of ``kinds``, and is not done yet."""
    return Attention.objects.filter(
        organization=organization, subject_id=subject_id, kind__in=kinds, resolved_at=None
    )


def resolve(tasks: QuerySet[Attention], *, at: datetime) -> list[News]:
    """``tasks`` are open ones of one organization. Inside the caller's transaction, who records what is returned. Of
    two who are first, the second finds none."""
    over = list(tasks.select_for_update(no_key=True).order_by("id"))
    for task in over:
        task.resolved_at = at
    Attention.objects.bulk_update(over, ["resolved_at"])
    return [resolved(task) for task in over]


def resolved(task: Attention) -> News:
    return News("attention.resolved", task.subject_type, task.subject_id, {"kind": task.kind, **task.data})
