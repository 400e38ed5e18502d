from __future__ import annotations

from allsquare.core.errors import AllsquareError


class EmbeddedPostgresError(AllsquareError):
    """The embedded PostgreSQL cannot be started, reached or stopped; the message ends with what it logged."""

    code = "embedded_postgres"
    status = 503
