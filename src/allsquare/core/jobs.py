"""What the job queue leaves to us: why a job failed, and jobs whose worker died.

The queue knows that a job failed to its last try, and neither why nor whose it was. :func:`keep_reason` writes that
down after each failed try; ``connect.services.tell_failed_jobs`` shows a person what will not be tried again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job

from allsquare.core import clock
from allsquare.core.checks import cleaned
from allsquare.core.errors import AllsquareError
from allsquare.core.models import JobTrouble
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept

log = logging.getLogger(__name__)

#: Seconds without a heartbeat after which a worker is taken for dead; it gives one every ten.
SILENCE: Final = 60

#: A job that was begun so often, and whose worker ended, may be what ends them: it would take each along, for ever.
MOST_BEGUN: Final = 10

_DIED: Final = _noop("The worker ended while it was at this, after many tries, perhaps for want of memory.")


def keep_reason(call_next: Callable[[], Any], context: JobContext, worker: object) -> Any:
    """Around each job: a failure leaves its reason, and is the queue's to deal with as before."""
    try:
        return call_next()
    except Exception as error:
        _keep(context.job, error)
        raise


def _keep(job: Job, error: Exception) -> None:
    try:
        remember(job.id or 0, job.task_name, job.task_kwargs, tries=job.attempts + 1, error=reason(error))
    except DatabaseError:
        log.exception("why job %s failed could not be kept", job.id)


def remember(job_id: int, task: str, args: dict[str, Any], *, tries: int, error: str) -> None:
    """The last try of a job failed. Whether there is another, the queue decides."""
    facts = {"tries": tries, "error": cleaned(error), "at": clock.now(None)}
    owner = _organization(args)
    with transaction.atomic():
        if not JobTrouble.objects.filter(organization_id=owner, job_id=job_id).update(**facts):
            JobTrouble.objects.create(organization_id=owner, job_id=job_id, task=task, args=args, **facts)


def reason(error: Exception) -> str:
    """In a sentence, with whatever the machine said."""
    if isinstance(error, AllsquareError):
        return error.message
    said = str(error).strip().splitlines()
    words = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
    if isinstance(error, OSError):
        return kept(_noop("The machine did not let us:"), (error.strerror or words)[:300])
    if isinstance(error, DatabaseError):
        return kept(_noop("The database did not answer as it should:"), words[:300])
    return kept(_noop("Something happened that nobody foresaw. The worker's log has all of it:"), words[:300])


def retry_stalled_jobs() -> int:
    """Jobs whose worker was killed go back into the queue; every job here can be done twice without harm. One that
    kills its workers again and again has failed. Returns how many there were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STALLED, {"silence": SILENCE})
        stalled = cursor.fetchall()
        for job_id, task, args, attempts in stalled:
            if attempts + 1 >= MOST_BEGUN:
                cursor.execute(_FAIL, {"job": job_id})
                remember(job_id, task, json.loads(args), tries=attempts + 1, error=_DIED)
            else:
                _queue_again(job_id, attempts=attempts + 1)
    return len(stalled)


def try_again(job_id: int) -> None:
    """A failed job goes back into the queue, at once and with all its tries before it. Any other stays as it is."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_IS_FAILED, {"job": job_id})
        if cursor.fetchone():
            _queue_again(job_id, attempts=0)


def is_queued(task: str, argument: str, value: str) -> bool:
    """Does a job of ``task`` wait, or is one under way, that has ``value`` for ``argument``?"""
    with connection.cursor() as cursor:
        cursor.execute(_IS_QUEUED, {"task": task, "argument": argument, "value": value})
        return cursor.fetchone() is not None


def forget(job_id: int) -> None:
    """A failed job leaves the queue. Any other stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_DELETE} AND status = 'failed'", {"job": job_id})


def forget_failed(organization_id: UUID, argument: str, value: str) -> None:
    """What jobs with ``value`` for ``argument`` were to do goes on by another job: those that failed to their last try
    wait for nobody any more. Inside the caller's transaction."""
    about = {f"args__{argument}": value}
    failed = JobTrouble.objects.filter(
        organization_id=organization_id, state=JobTrouble.State.FAILED, **about
    )
    for trouble in failed:
        forget(trouble.job_id)
    failed.delete()


def _queue_again(job_id: int, *, attempts: int) -> None:
    """Where its like waits already (a mail whose lease was over got a job of its own), that one is enough."""
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, {"job": job_id, "attempts": attempts, "now": clock.now(None)})
        if not cursor.rowcount:
            cursor.execute(_DELETE, {"job": job_id})


def _organization(args: dict[str, Any]) -> UUID | None:
    """Not by a job that names none, or none that can be: the job's own failure is what is told."""
    try:
        return UUID(str(args.get("organization_id")))
    except ValueError:
        return None


# By statements of our own: the queue's raise errors that are none of the database's, so that a round that may fail and
# be tried again would take the worker along. The heartbeat is the database's time, and so is what it is compared with.
_STALLED: Final = """
    SELECT j.id, j.task_name, j.args::text, j.attempts FROM procrastinate_jobs j
    LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
    WHERE j.status = 'doing'
        AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %(silence)s))
    ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
"""
_FAIL: Final = "UPDATE procrastinate_jobs SET status = 'failed', attempts = attempts + 1 WHERE id = %(job)s"
_QUEUE: Final = """
    UPDATE procrastinate_jobs j
    SET status = 'todo', abort_requested = false, attempts = %(attempts)s, scheduled_at = %(now)s
    WHERE j.id = %(job)s AND NOT EXISTS (
        SELECT 1 FROM procrastinate_jobs same WHERE same.queueing_lock = j.queueing_lock AND same.status = 'todo')
"""
_IS_FAILED: Final = "SELECT 1 FROM procrastinate_jobs WHERE id = %(job)s AND status = 'failed' FOR UPDATE"
_IS_QUEUED: Final = """
    SELECT 1 FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') AND task_name = %(task)s AND args ->> %(argument)s = %(value)s
"""
_DELETE: Final = "DELETE FROM procrastinate_jobs WHERE id = %(job)s"
