"""Jobs of the queue: why one failed is kept, and one whose worker died comes back, but not for ever."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.core.errors import Conflict
from allsquare.core.ids import new_id
from allsquare.core.jobs import MOST_BEGUN, forget, reason, remember, retry_stalled_jobs, try_again
from allsquare.core.models import JobTrouble
from allsquare.core.words import shown


@pytest.fixture(autouse=True)
def an_empty_queue(db: None) -> None:
    """Tests that really commit leave jobs behind: their tables are emptied, and the queue's are not."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def a_job(
    *, status: str = "doing", worker: int | None = None, lock: str | None = None, tries: int = 0
) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, queueing_lock, attempts)
               VALUES ('documents', 'billing.render_pdf', %s, %s, %s, %s) RETURNING id""",
            [status, worker, lock, tries],
        )
        return int(cursor.fetchone()[0])


def a_worker(*, silent: str = "0") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id",
            [silent],
        )
        return int(cursor.fetchone()[0])


def states() -> dict[int, tuple[str, int]]:
    return {job.id: (job.status, job.attempts) for job in ProcrastinateJob.objects.all()}


def test_the_jobs_of_a_killed_worker_go_back_into_the_queue() -> None:
    dead, alive = a_worker(silent="5 minutes"), a_worker()
    lost, orphaned, held = a_job(worker=dead), a_job(), a_job(worker=alive)
    assert retry_stalled_jobs() == 2
    assert states() == {lost: ("todo", 1), orphaned: ("todo", 1), held: ("doing", 0)}


def test_one_that_waits_a_second_time_already_is_enough() -> None:
    """A mail whose sender died gets a job of its own when its lease is over."""
    waiting = a_job(status="todo", lock="mail:1")
    a_job(lock="mail:1")
    a_job(lock="mail:2")
    a_job(lock="mail:2")
    assert retry_stalled_jobs() == 3
    left = states()
    assert len(left) == 2
    assert left[waiting] == ("todo", 0)
    assert set(left.values()) == {("todo", 0), ("todo", 1)}


def test_a_job_that_kills_each_of_its_workers_fails_in_the_end() -> None:
    job = a_job()
    for _ in range(MOST_BEGUN):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job])
        retry_stalled_jobs()
    assert states() == {job: ("failed", MOST_BEGUN)}
    trouble = JobTrouble.objects.get()
    assert (trouble.job_id, trouble.tries) == (job, MOST_BEGUN)
    assert trouble.error.startswith("The worker ended while it was at this")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Conflict("The invoice is a draft."), "The invoice is a draft."),
        (
            OSError(28, "No space left on device"),
            "The machine did not let us: No space left on device",
        ),
        (DatabaseError("gone\nLINE 1"), "The database did not answer as it should: DatabaseError: gone"),
        (KeyError("amount"), "The worker's log has all of it: KeyError: 'amount'"),
        (ValueError(), "The worker's log has all of it: ValueError"),
    ],
)
def test_a_reason_is_a_sentence(error: Exception, words: str) -> None:
    assert words in shown(reason(error))


def test_the_last_reason_counts_and_says_whose_job_it_was() -> None:
    owner = new_id()
    args: dict[str, Any] = {"organization_id": str(owner)}
    remember(7, "billing.render_pdf", args, tries=1, error="first")
    remember(7, "billing.render_pdf", args, tries=2, error="second")
    remember(8, "insights.check_books", {}, tries=1, error="of nobody")
    found = JobTrouble.objects.order_by("job_id").values_list("organization_id", "tries", "error")
    assert list(found) == [(UUID(str(owner)), 2, "second"), (None, 1, "of nobody")]


def test_only_what_failed_is_tried_again_or_forgotten() -> None:
    failed, done, doing = a_job(status="failed", tries=5), a_job(status="succeeded"), a_job()
    for job in (failed, done, doing):
        try_again(job)
        forget(job)
    assert states() == {failed: ("todo", 0), done: ("succeeded", 0), doing: ("doing", 0)}
    other = a_job(status="failed")
    forget(other)
    assert other not in states()
