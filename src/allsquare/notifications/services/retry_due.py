"""Mails whose time has come get a job again."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.core import clock
from allsquare.notifications.models import Mail
from allsquare.notifications.outbox import job_lock, queue_jobs


def retry_due(*, limit: int) -> int:
    """Queue a job for up to ``limit`` mails of all organizations that are due and have none waiting; returns how
    many.

    Due are: a mail that failed and waited, one whose job was lost, and one whose sender died. So a lost job never
    loses a mail. The worker calls this every few seconds; two workers take different rows.
    """
    with transaction.atomic():
        due = (
            Mail.objects.select_for_update(skip_locked=True)
            .filter(state__in=[Mail.State.QUEUED, Mail.State.SENDING], next_try_at__lte=clock.now(None))
            .exclude(_has_job())
            .order_by("next_try_at", "id")
            .values_list("organization_id", "id")[:limit]
        )
        return queue_jobs(due)


def _has_job() -> Exists:
    name = Concat(Value(job_lock("")), Cast(OuterRef("id"), TextField()))
    return Exists(ProcrastinateJob.objects.filter(status="todo", queueing_lock=name))
