"""A person has put right what kept a job from being done, and has it tried again."""

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
def try_job_again(*, organization: Organization, trouble_id: UUID, actor: Actor) -> JobTrouble:
    """Put it back into the queue. One that has not failed to its last try stays as it is, so a repeat changes
    nothing. Raises :class:`JobUnknown`, for one that is done too."""
    require(organization, actor, Permission.ISSUE_INVOICES)
    trouble = job_to_change(organization, trouble_id)
    if trouble.state == JobTrouble.State.FAILED:
        trouble.state = JobTrouble.State.AGAIN
        trouble.save(update_fields=["state"])
        jobs.try_again(trouble.job_id)
        news = News("job.tried_again", "job", trouble.id, {"task": trouble.task, "error": trouble.error})
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return trouble
