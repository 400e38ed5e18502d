"""Tasks for a person that are done, or come up once more: each of them is told of, whoever did them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from allsquare.core.events import Data, News
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


def open_anew(
    organization: Organization, kind: str, subject: tuple[str, UUID], data: Data, *, at: datetime
) -> News:
    """In the place of the one that was done, or says less: it is another task, so people get a mail of it as well.
    Inside the caller's transaction, who records what is returned and is the only one at this subject."""
    about, subject_id = subject
    Attention.objects.filter(organization=organization, kind=kind, subject_id=subject_id).delete()
    Attention.objects.create(
        organization=organization,
        kind=kind,
        subject_type=about,
        subject_id=subject_id,
        data=data,
        created_at=at,
    )
    return News("attention.raised", about, subject_id, {"kind": kind, **data})


def resolved(task: Attention) -> News:
    return News("attention.resolved", task.subject_type, task.subject_id, {"kind": task.kind, **task.data})
