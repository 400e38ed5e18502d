"""A person decides that a failed job need not be done."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from allsquare.core import clock, jobs
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.models import JobTrouble
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.insights.selectors import job_to_change


@transaction.atomic
def leave_job(*, organization: Organization, trouble_id: UUID, actor: Actor) -> JobTrouble:
    """Nobody is asked about it any more; the list keeps it. One that has not failed to its last try stays as it is.
    Raises :class:`JobUnknown`."""
    require(organization, actor, Permission.ISSUE_INVOICES)
    trouble = job_to_change(organization, trouble_id)
    if trouble.state == JobTrouble.State.FAILED:
        trouble.state = JobTrouble.State.LEFT
        trouble.save(update_fields=["state"])
        jobs.forget(trouble.job_id)
        news = News("job.left", "job", trouble.id, {"task": trouble.task, "error": trouble.error})
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return trouble
