"""What this package refuses."""

from __future__ import annotations

from allsquare.core.errors import NotFound


class JobUnknown(NotFound):
    """No such job of this organization: it never was, or it is done by now."""

    code = "job_not_found"
