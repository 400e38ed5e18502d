"""A person has put right what kept a job from being done, and has it tried again."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.connect.errors import JobNotFailed
from allsquare.connect.long_work import queue_again
from allsquare.connect.selectors import job_to_change
from allsquare.core import clock, jobs
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.models import JobTrouble
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def try_job_again(*, organization: Organization, trouble_id: UUID, actor: Actor) -> JobTrouble:
    """Put it back into the queue; a repeat changes nothing. Raises :class:`JobNotFailed` for one that is tried still or
    was left, ``JobUnknown`` for one that is done too."""
    require(organization, actor, Permission.ISSUE_INVOICES)
    trouble = job_to_change(organization, trouble_id)
    match trouble.state:
        case JobTrouble.State.AGAIN:
            return trouble
        case JobTrouble.State.TRYING:
            raise JobNotFailed(_("The job is being tried still, by itself. Nothing need be done."))
        case JobTrouble.State.LEFT:
            raise JobNotFailed(
                _("The job was left undone and is not there any more. It cannot be tried again.")
            )
    trouble.state = JobTrouble.State.AGAIN
    trouble.save(update_fields=["state"])
    jobs.try_again(trouble.job_id)
    queue_again(organization, trouble.task, trouble.args)
    news = News("job.tried_again", "job", trouble.id, {"task": trouble.task, "error": trouble.error})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return trouble
