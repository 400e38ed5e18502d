"""The states of an export, and of a batch of acts and its rows."""

from __future__ import annotations

from enum import StrEnum


class ExportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"  # by a person; goes on from where it was
    FAILED = "failed"
    DONE = "done"
    EXPIRED = "expired"  # its file is deleted


class BatchState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"  # by a person; goes on with the rows that wait
    FAILED = "failed"  # its job, to the last try; goes on with the rows that wait
    DONE = "done"


# The same words for both, so that whoever stops either, or lets it go on, asks one question.
E = ExportState
UNDER_WAY = frozenset({E.QUEUED, E.RUNNING})
#: May be taken up again.
RESUMABLE = frozenset({E.STOPPED, E.FAILED})


class BatchRowState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"  # left as it was, for a reason that is kept
