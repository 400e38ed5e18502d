"""Jobs that travel with what they follow from: put into the queue by ``core.bulk``, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from procrastinate.jobs import Job

from allsquare.core import bulk
from allsquare.core.binary import encoded_array

#: The function by which Procrastinate's own clients do it; its name carries the version of what it takes.
_DEFER: Final = """
    SELECT procrastinate_defer_jobs_v1(ARRAY(
        SELECT ROW(u.*)::procrastinate_job_to_defer_v1 FROM unnest(
            %b::text[], %b::text[], %b::integer[], %b::text[], %b::text[], %b::jsonb[], %b::timestamptz[]
        ) AS u
    ))
"""


def defer(jobs: Sequence[Job]) -> None:
    """Queue ``jobs`` (``task.configure().make_new_job(…)``) in the running transaction. Inside ``bulk.pipelined``
    this does not wait. A queueing lock that is taken is an ``IntegrityError``."""
    if jobs:
        bulk.send(
            _DEFER,
            [
                encoded_array("text", [job.queue for job in jobs]),
                encoded_array("text", [job.task_name for job in jobs]),
                encoded_array("integer", [job.priority for job in jobs]),
                encoded_array("text", [job.lock for job in jobs]),
                encoded_array("text", [job.queueing_lock for job in jobs]),
                encoded_array("jsonb", [job.task_kwargs for job in jobs]),
                encoded_array("timestamptz", [job.scheduled_at for job in jobs]),
            ],
        )
