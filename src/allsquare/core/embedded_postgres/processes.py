"""The server's processes: found by what they are and where they work, never by the number in a file.

``postmaster.pid`` survives a crash, and its number may by then belong to somebody else; it may be cut short
or hold nonsense. Every process of a server has the data directory as its working directory, which only the
server's user may enter.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from allsquare.core.embedded_postgres import locks
from allsquare.core.embedded_postgres.errors import EmbeddedPostgresError

POLL_SECONDS = 0.02

# Servers that this process started. They are asked for their exit status now and then: without that, a
# server that ends before its parent stays in the process table as a zombie.
_children: list[subprocess.Popen[bytes]] = []


def adopt_child(process: subprocess.Popen[bytes]) -> None:
    """Remember a started server, to collect its exit status when it ends."""
    _children.append(process)


def reap_children() -> None:
    """Collect the exit status of servers that have ended."""
    _children[:] = [process for process in _children if process.poll() is None]


def server_processes(data: Path) -> list[psutil.Process]:
    """The living processes of a server over ``data``, in no order."""
    reap_children()
    place = str(data.resolve())
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and process.cwd() == place:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it ended meanwhile (zombies too), or belongs to somebody else: not ours either way
    return found


def end_orphans(data: Path) -> None:
    """Kill what a killed postmaster left behind.

    Such a process may compute for hours before it notices, and no server can start until it is gone. It
    can do no harm by dying: its shared memory is lost already and the log is replayed in any case.
    """
    processes = server_processes(data)
    if not any(is_postmaster(process) for process in processes):
        _send(signal.SIGKILL, processes)


def shut_down(data: Path, server_lock: Path, *, patience: float = 60.0) -> None:
    """Stop the server and wait until its last process is gone; nothing to do when none runs.

    SIGINT first (fast shutdown: ends sessions, writes a checkpoint); after ``patience`` seconds SIGQUIT and
    then SIGKILL, which lose nothing either but make the next start replay the log.

    :raises EmbeddedPostgresError: when something still holds the server's lock after all that.
    """
    for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        if not locks.is_taken(server_lock):
            return
        processes = server_processes(data)
        postmasters = [process for process in processes if is_postmaster(process)]
        _send(number if postmasters else signal.SIGKILL, postmasters or processes)
        _wait(lambda: not locks.is_taken(server_lock), seconds)
        reap_children()
    if locks.is_taken(server_lock):
        raise EmbeddedPostgresError(
            f"The database in {data} does not stop. If it runs in another container, stop it there.",
            processes=[process.pid for process in server_processes(data)],
        )


def is_postmaster(process: psutil.Process) -> bool:
    """Whether this is the parent of the others: they replace their command line by what they do.

    A process so young that it has no command line yet counts as one, so that nobody kills it as an orphan.
    """
    try:
        return not "".join(process.cmdline()).startswith("postgres: ")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _send(number: signal.Signals, processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue  # already gone, which is what was wanted


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
