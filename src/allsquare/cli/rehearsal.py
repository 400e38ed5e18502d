"""The demonstration and the walkthrough live in a home of their own, with ports of their own.

Their settings come from the environment like any installation's, so it is filled before Django reads it.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from allsquare.core.errors import Conflict
from allsquare.core.home import home

COMMANDS = frozenset({"demo", "walkthrough"})
LOOPBACK = "127.0.0.1"


def enter(command: str) -> None:
    """Point this process and its children at the rehearsal's own home, database, ports and mail."""
    place = home() / command
    place.mkdir(parents=True, exist_ok=True)
    port = free_port(int(os.environ.get("ALLSQUARE_PORT", "8000" if command == "demo" else "0")))
    os.environ.pop("DATABASE_URL", None)
    os.environ.update(
        ALLSQUARE_HOME=str(place),
        ALLSQUARE_BASE_URL=f"http://{LOOPBACK}:{port}",
        ALLSQUARE_ALLOWED_HOSTS=f"{LOOPBACK} localhost",
        ALLSQUARE_SMTP_HOST=LOOPBACK,
        ALLSQUARE_SMTP_PORT=str(free_port(0)),
        ALLSQUARE_CAUGHT_MAIL_DIR=str(place / "mail"),
        ALLSQUARE_FROM_EMAIL="billing@demo.example",
    )


@contextmanager
def alone() -> Iterator[None]:
    """One rehearsal at a time in one home. Raises ``Conflict`` when another runs."""
    path = Path(os.environ["ALLSQUARE_HOME"]) / "running.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"It is running already, from {path.parent}. Stop that one first.") from error
        yield


def free_port(wanted: int) -> int:
    """``wanted`` if nobody has it, else a free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Conflict("This machine has no free port.")
