"""The server's log: one file, and one older one when it has grown."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from allsquare.core.embedded_postgres.locks import open_private

LARGEST_BYTES = 10_000_000
TAIL_BYTES = 4_000


def open_log(path: Path) -> int:
    """Open for appending; close the returned descriptor."""
    return open_private(path, os.O_WRONLY | os.O_APPEND)


def rotate(path: Path) -> None:
    """Keep a log that has grown large as ``<name>.1`` and go on with an empty one.

    The file is copied and emptied, not renamed: a running server goes on writing to the file it has open,
    always at its end.
    """
    if not path.exists() or path.stat().st_size <= LARGEST_BYTES:
        return
    older = open_private(path.with_name(f"{path.name}.1"), os.O_WRONLY | os.O_TRUNC)
    with path.open("rb") as source, os.fdopen(older, "wb") as target:
        shutil.copyfileobj(source, target)
    os.truncate(path, 0)


def tail(path: Path, *, since: int = 0) -> str:
    """The last lines, but none before the byte ``since``; empty when there is no log."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        size = log.seek(0, os.SEEK_END)
        log.seek(max(size - TAIL_BYTES, since if since <= size else 0))
        return log.read().decode(errors="replace").strip()
