"""A job that failed to its last try is shown to a person."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from allsquare.connect.long_work import give_up
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, record
from allsquare.core.jobs import remember
from allsquare.core.transactions import retrying
from allsquare.core.words import gettext_noop as _noop
from allsquare.identity.models import Organization

#: Of each kind of step, in one round.
LIMIT: Final = 500

_UNEXPLAINED: Final = _noop("Nobody wrote down why. The worker's log may know.")


@retrying
def tell_failed_jobs() -> int:
    """For the worker, which serves every organization; returns how many are new. Those that are done after all are
    forgotten. The system does this by itself, so no actor is asked for."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP, {"planned": settings.ALLSQUARE_JOBS_WITH_A_PLAN})
        cursor.execute(_DONE, {"planned": settings.ALLSQUARE_JOBS_WITH_A_PLAN})
        cursor.execute(_UNKNOWN, {"limit": LIMIT})
        for job, task, args, attempts in cursor.fetchall():
            remember(job, task, json.loads(args), tries=attempts, error=_UNEXPLAINED)
        cursor.execute(_FAILED, {"limit": LIMIT})
        failed = cursor.fetchall()
    _tell(failed)
    return len(failed)


def _tell(failed: Iterable[tuple[UUID | None, UUID, str, str, str]]) -> None:
    """In the log of each organization; a job of the whole installation has none. What it was to do has failed too."""
    of_somebody = [(owner, job, task, why, args) for owner, job, task, why, args in failed if owner]
    of_somebody.sort(key=lambda row: (row[0], row[1]))
    known = Organization.objects.in_bulk({row[0] for row in of_somebody})
    for owner, rows in groupby(of_somebody, key=lambda row: row[0]):
        organization: Any = known.get(owner)
        if organization is None:
            continue
        news = []
        for _owner, job, task, why, args in rows:
            news.append(News("job.failed", "job", job, {"task": task, "error": why}))
            give_up(organization, task, json.loads(args), why=why)
        record(organization_id=owner, news=news, actor=SYSTEM, at=clock.now(organization))


_DROP: Final = """
    DELETE FROM procrastinate_jobs WHERE status = 'failed' AND task_name = ANY (%(planned)s)
"""
_DONE: Final = """
    DELETE FROM job_trouble t WHERE t.task = ANY (%(planned)s)
        OR (t.state = 'left' AND t.at < now() - interval '90 days')
        OR (t.state <> 'left' AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.id = t.job_id))
"""
_UNKNOWN: Final = """
    SELECT j.id, j.task_name, j.args::text, j.attempts FROM procrastinate_jobs j
    WHERE j.status = 'failed' AND NOT EXISTS (SELECT 1 FROM job_trouble t WHERE t.job_id = j.id)
    ORDER BY j.id LIMIT %(limit)s
"""
_FAILED: Final = """
    UPDATE job_trouble SET state = 'failed' WHERE id IN (
        SELECT t.id FROM job_trouble t JOIN procrastinate_jobs j ON j.id = t.job_id AND j.status = 'failed'
        WHERE t.state IN ('trying', 'again') ORDER BY t.id LIMIT %(limit)s FOR UPDATE OF t SKIP LOCKED)
    RETURNING organization_id, id, task, error, args::text
"""
