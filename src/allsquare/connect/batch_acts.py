"""Acts on many jobs that went wrong."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.connect.services.leave_job import leave_job
from allsquare.connect.services.try_job_again import try_job_again
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import BatchAct, Given
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission


def _try_again(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    try_job_again(organization=organization, trouble_id=name, actor=actor)
    return _("It will be tried again in a moment.")


def _leave(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    leave_job(organization=organization, trouble_id=name, actor=actor)
    return _("Left undone.")


TRY_AGAIN: Final = BatchAct(name="jobs.again", permission=Permission.ISSUE_INVOICES, run=_try_again)
LEAVE: Final = BatchAct(name="jobs.leave", permission=Permission.ISSUE_INVOICES, run=_leave)
