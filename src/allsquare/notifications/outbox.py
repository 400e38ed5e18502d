"""Putting mails into the queue: rows and jobs in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app

from allsquare.identity.models import Organization
from allsquare.notifications.models import Mail
from allsquare.notifications.tasks import send_mail


def enqueue(organization: Organization, mails: Sequence[Mail]) -> list[Mail]:
    """Keep the mails that are new and queue a job for each; returns those.

    One that exists already (same document, kind, recipient and repeat) is left out, whoever made it.
    """
    with transaction.atomic():
        Mail.objects.bulk_create(mails, ignore_conflicts=True)
        new = Mail.objects.filter(organization=organization, id__in=[mail.id for mail in mails])
        kept = list(new.order_by("id"))
        queue_jobs((organization.id, mail.id) for mail in kept if mail.state == Mail.State.QUEUED)
    return kept


def queue_jobs(mails: Iterable[tuple[UUID, UUID]]) -> int:
    """A job for each (organization id, mail id), in one statement; returns how many."""
    jobs = [
        send_mail.configure(queueing_lock=job_lock(mail_id)).make_new_job(
            organization_id=str(organization_id), mail_id=str(mail_id)
        )
        for organization_id, mail_id in mails
    ]
    if jobs:
        app.job_manager.batch_defer_jobs(jobs=jobs)
    return len(jobs)


def job_lock(mail_id: UUID | str) -> str:
    """The name under which at most one job per mail waits."""
    return f"mail:{mail_id}"
