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


E = ExportState
UNDER_WAY = frozenset({E.QUEUED, E.RUNNING})
#: May be taken up again.
RESUMABLE = frozenset({E.STOPPED, E.FAILED})


class BatchState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"  # by a person; goes on with the rows that wait
    DONE = "done"


class BatchRowState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"  # left as it was, for a reason that is kept
