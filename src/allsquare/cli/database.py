"""Every command that needs the database begins here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from allsquare.core.backup.place import require_whole
from allsquare.core.embedded_postgres import Cluster, ensure_running


@contextmanager
def database(*, adopt: bool = False, unfinished: bool = False) -> Iterator[None]:
    """The database answers inside. An embedded PostgreSQL that this starts is stopped at the
    end (see ``core.embedded_postgres`` for who stops it); ``DATABASE_URL`` names another, which is left alone.

    Raises ``RestoreRefused`` where a restore was cut off, unless ``unfinished`` allows that."""
    with nullcontext() if os.environ.get("DATABASE_URL") else ensure_running(Cluster.at(), adopt=adopt):
        if not unfinished:
            require_whole()
        yield


def revive() -> bool:
    """Start the embedded PostgreSQL again when it has ended (killed, or out of memory); whether it had.

    Whoever keeps it keeps it still, so the end of :func:`database` stops it all the same. Raises
    ``EmbeddedPostgresError`` when it does not start.
    """
    cluster = Cluster.at()
    if os.environ.get("DATABASE_URL") or cluster.is_running():
        return False
    ensure_running(cluster, detached=True)
    return True
