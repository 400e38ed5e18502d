"""A person decides that a failed job need not be done."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.connect.errors import JobNotFailed
from allsquare.connect.selectors import job_to_change
from allsquare.core import clock, jobs
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.models import JobTrouble
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def leave_job(*, organization: Organization, trouble_id: UUID, actor: Actor) -> JobTrouble:
    """Nobody is asked about it any more; the list keeps it; a repeat changes nothing. What it was to do stays as far as
    it came. Raises :class:`JobNotFailed` for one that is tried still, ``JobUnknown`` for one that is done too."""
    require(organization, actor, Permission.ISSUE_INVOICES)
    trouble = job_to_change(organization, trouble_id)
    if trouble.state == JobTrouble.State.LEFT:
        return trouble
    if trouble.state != JobTrouble.State.FAILED:
        raise JobNotFailed(_("The job is being tried still. It can be left once it failed to its last try."))
    trouble.state = JobTrouble.State.LEFT
    trouble.save(update_fields=["state"])
    jobs.forget(trouble.job_id)
    news = News("job.left", "job", trouble.id, {"task": trouble.task, "error": trouble.error})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return trouble
