"""The states of a check of the books."""

from __future__ import annotations

from enum import StrEnum


class CheckState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # could not be asked to its end, whatever the books say


UNDER_WAY = frozenset({CheckState.QUEUED, CheckState.RUNNING})
