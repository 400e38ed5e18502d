"""The states of an export."""

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
