"""What exports, batches and jobs refuse."""

from __future__ import annotations

from allsquare.core.errors import Conflict, NotFound


class ExportUnknown(NotFound):
    """The organization has no such export."""

    code = "export_unknown"


class ExportNotReady(Conflict):
    """There is no file: the export is under way, was stopped, failed or expired."""

    code = "export_not_ready"


class TooManyExports(Conflict):
    """As many exports as the organization may have at once are under way."""

    code = "too_many_exports"


class StatementMoved(Conflict):
    """Something was booked on days that are written already."""

    code = "statement_moved"


class BatchUnknown(NotFound):
    """The organization has no such batch."""

    code = "batch_unknown"


class TooManyBatches(Conflict):
    """As many batches as the organization may have at once are under way."""

    code = "too_many_batches"


class JobUnknown(NotFound):
    """No such job of this organization: it never was, or it is done by now."""

    code = "job_not_found"


class JobNotFailed(Conflict):
    """It is being tried still, or was decided about: only what failed to its last try waits for a person."""

    code = "job_not_failed"
