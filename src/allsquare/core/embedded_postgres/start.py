"""Starting the server, or joining one that runs, and leaving it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType
from typing import Self

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from allsquare.core.embedded_postgres import locks, prepare
from allsquare.core.embedded_postgres.account import Account, server_account
from allsquare.core.embedded_postgres.binaries import Binaries, find_binaries, reachable_binaries
from allsquare.core.embedded_postgres.cluster import PORT, SUPERUSER, Cluster
from allsquare.core.embedded_postgres.errors import EmbeddedPostgresError
from allsquare.core.embedded_postgres.log import open_log, rotate, tail
from allsquare.core.embedded_postgres.processes import (
    POLL_SECONDS,
    adopt_child,
    end_orphans,
    is_postmaster,
    server_processes,
    shut_down,
)
from allsquare.core.embedded_postgres.tuning import DEFAULTS, command_line

NO_OPTIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Running:
    """A server that answers, as :func:`ensure_running` found or made it; release it when done.

    A keeper keeps it until it releases or its process ends: dropping this object is not enough.
    ``started`` tells whether this very call started it.
    """

    cluster: Cluster
    started: bool
    _keeper: int | None = field(default=None, repr=False)
    _process: int = field(default_factory=os.getpid, repr=False)

    def release(self) -> None:
        """Leave; the last one who keeps the server stops it. A second call does nothing.

        Nor does a call in a forked child: it shares its parent's lock, and is no keeper of its own.
        """
        if self._keeper is None or self._process != os.getpid():
            return
        keeper, self._keeper = self._keeper, None
        try:
            with locks.exclusive(self.cluster.start_lock):
                if locks.is_last_holder(keeper):
                    shut_down(self.cluster.data, self.cluster.server_lock)
        finally:
            os.close(keeper)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def ensure_running(
    cluster: Cluster,
    *,
    options: Mapping[str, str] = NO_OPTIONS,
    detached: bool = False,
    adopt: bool = False,
    timeout: float = 300.0,
) -> Running:
    """Start the server unless it runs, wait until it answers, and see that the database is there.

    ``options`` are settings of PostgreSQL for a server that this call starts; one that runs keeps its own.
    ``detached`` leaves the server running however long this process lives; ``adopt`` takes charge of a
    server that nobody keeps (see the package's docstring for who stops it). ``timeout``, in seconds, is
    generous because a start after a crash replays up to ``max_wal_size`` of log.

    :raises EmbeddedPostgresError: with the end of the server's log; what this call started is stopped again.
    """
    if detached and adopt:
        raise ValueError("detached leaves the server to itself, adopt takes charge of it: choose one")
    deadline = time.monotonic() + timeout
    try:
        prepare.make_directory(cluster.directory)
        with locks.exclusive(cluster.start_lock):
            rotate(cluster.log)
            found = _wait_for_other(cluster, deadline)
            try:
                if not found:
                    _start(cluster, options, deadline)
                prepare.create_database(cluster)
            except BaseException:
                if not found:
                    shut_down(cluster.data, cluster.server_lock)
                raise
            keep = not detached and (not found or adopt or locks.is_shared(cluster.keepers_lock))
            keeper = locks.take(cluster.keepers_lock, fcntl.LOCK_SH) if keep else None
            return Running(cluster=cluster, started=not found, _keeper=keeper)
    except OSError as error:
        raise EmbeddedPostgresError(f"The database cannot be started: {error}.") from error
    except psycopg.Error as error:
        raise EmbeddedPostgresError(f"The database runs but refuses us: {error}{_said(cluster)}") from error


def _wait_for_other(cluster: Cluster, deadline: float) -> bool:
    """Wait until a server that is starting, stopping or dying has settled: True when one answers."""
    while cluster.is_running():
        if _answers(cluster):
            return True
        end_orphans(cluster.data)
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"The database is running but does not answer.{_said(cluster)}")
        time.sleep(POLL_SECONDS)
    return False


def _start(cluster: Cluster, options: Mapping[str, str], deadline: float) -> None:
    """Start a server, knowing that none is alive, and wait until it answers."""
    strangers = [process for process in server_processes(cluster.data) if is_postmaster(process)]
    if strangers:
        raise EmbeddedPostgresError(
            f"Another program has started a server over {cluster.data} (process {strangers[0].pid}): stop it."
        )
    account = server_account(cluster.data)
    prepare.require_access(cluster.directory, account)
    binaries = find_binaries(cluster.data)
    binaries = reachable_binaries(binaries, account, cluster.directory / "binaries")
    if not cluster.data.exists():
        prepare.initialize(cluster, binaries, account, sync=options.get("fsync") != "off")
    prepare.write_access_rules(cluster, account)
    prepare.prepare_socket_directory(cluster, account)
    prepare.remove_stale_locks(cluster)
    said_before = cluster.log.stat().st_size if cluster.log.exists() else 0
    server = _spawn(cluster, binaries, account, options)
    while not _answers(cluster):
        if server.poll() is not None:
            raise EmbeddedPostgresError(f"The database did not start.{_said(cluster, since=said_before)}")
        if time.monotonic() > deadline:
            said = _said(cluster, since=said_before)
            raise EmbeddedPostgresError(f"The database did not answer in time.{said}")
        time.sleep(POLL_SECONDS)


def _spawn(
    cluster: Cluster, binaries: Binaries, account: Account, options: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Run ``postgres`` itself, in a session of its own so that Ctrl-C in our terminal does not reach it.

    It inherits the descriptor that holds the server's lock, and so do all its processes: the lock is free
    exactly when the last of them has ended. It gets a bare environment: ours may hold secrets.
    """
    settings = {
        **DEFAULTS,
        "unix_socket_directories": f'"{cluster.socket_directory}"',
        "hba_file": str(cluster.directory / "pg_hba.conf"),
        "ident_file": str(cluster.directory / "pg_ident.conf"),
        **options,
    }
    lock = locks.take(cluster.server_lock, fcntl.LOCK_EX)
    log = open_log(cluster.log)
    try:
        server = subprocess.Popen(
            [binaries.postgres, "-D", cluster.data, *command_line(settings)],
            cwd=cluster.data,
            # PostgreSQL ignores a pid file that names its parent or this process, as it must after a restart
            # of a container, where the same numbers come again.
            env={"LC_ALL": "C", "PATH": os.defpath, "PG_GRANDPARENT_PID": str(os.getppid())},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock],
            start_new_session=True,
            umask=0o077,
            **account.switch,
        )
    finally:
        os.close(log)
        os.close(lock)
    adopt_child(server)
    return server


def _answers(cluster: Cluster) -> bool:
    """Whether a server accepts connections, as ``pg_isready`` asks it: without signing in."""
    place = make_conninfo(host=str(cluster.socket_directory), port=PORT, user=SUPERUSER, dbname="postgres")
    return pq.PGconn.ping(place.encode()) == pq.Ping.OK


def _said(cluster: Cluster, *, since: int = 0) -> str:
    """The end of the server's log, as the end of a message."""
    text = tail(cluster.log, since=since)
    return f" Its log {cluster.log} ends:\n{text}" if text else f" Its log {cluster.log} is empty."
