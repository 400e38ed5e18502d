"""Where Allsquare keeps its files on this machine: the embedded database, documents on disk, keys."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """The directory of this installation: an absolute path that may not exist yet.

    ``ALLSQUARE_HOME`` when it is set; for root ``/var/lib/allsquare``, because root's own folder is closed
    to the unprivileged user that runs the database; for anybody else the user's data folder.
    """
    chosen = os.environ.get("ALLSQUARE_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/allsquare")
    return platformdirs.user_data_path("allsquare", appauthor=False).absolute()
