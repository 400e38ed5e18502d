"""What must be there before the server starts: directories, the data, who may connect."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from allsquare.core.embedded_postgres.account import Account, initdb_account
from allsquare.core.embedded_postgres.binaries import Binaries
from allsquare.core.embedded_postgres.cluster import DATABASE, PORT, ROLE, SOCKET, SUPERUSER, Cluster
from allsquare.core.embedded_postgres.errors import EmbeddedPostgresError

INITDB_SECONDS = 300


def make_directory(directory: Path) -> None:
    """Create what is missing; directories that exist keep their permissions.

    Only root's are open to others, to pass through but not to list: the server's user must get in.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=mode, exist_ok=True)
        path.chmod(mode)  # whatever the umask


def require_access(directory: Path, account: Account) -> None:
    """Refuse a place that the server's user cannot reach; opening a parent directory is not ours to do."""
    if not account.can_enter(directory):
        raise EmbeddedPostgresError(
            f"The database runs as user id {account.uid}, which cannot reach {directory}. "
            "Set ALLSQUARE_HOME to a directory whose parents everybody may pass through.",
        )


def initialize(cluster: Cluster, binaries: Binaries, account: Account, *, sync: bool) -> None:
    """Make the data directory. It appears under its name only when it is complete, whatever interrupts this.

    :raises EmbeddedPostgresError: with what ``initdb`` said.
    """
    staging = cluster.directory / "initdb"
    if staging.exists():
        shutil.rmtree(staging)  # an earlier attempt was cut short
    staging.mkdir(mode=0o700)
    maker = initdb_account(account)
    maker.own(staging)
    command = [
        *(str(binaries.initdb), "--pgdata", str(staging / "data"), "--username", SUPERUSER),
        *("--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *("--data-checksums", "--auth-local", "peer", "--auth-host", "scram-sha-256", "--no-instructions"),
        *([] if sync else ["--no-sync"]),
    ]
    try:
        done = subprocess.run(
            command,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=INITDB_SECONDS,
            check=False,
            umask=0o077,
            **maker.switch,
        )
    except subprocess.TimeoutExpired as error:
        raise EmbeddedPostgresError(f"initdb did not finish within {INITDB_SECONDS} seconds.") from error
    if done.returncode != 0:
        raise EmbeddedPostgresError(f"The database could not be created. initdb said:\n{done.stderr[-2000:]}")
    # Top first: from then on the user that ran initdb cannot get in any more.
    for path in (staging, *staging.rglob("*")):
        account.own(path)
    (staging / "data").rename(cluster.data)
    staging.rmdir()
    _flush(cluster.directory)


def write_access_rules(cluster: Cluster, account: Account) -> None:
    """Say who may connect: through the socket, root, the server's user and whoever starts it. Nobody else.

    *Peer* authentication: the kernel tells the server the user id of the other end. The rules lie outside
    the data directory, where the server's user cannot change them and cannot plant a link for root to follow.
    """
    users = {Account(0, 0).name(), account.name(), Account(os.geteuid(), os.getegid()).name()} - {None}
    rules = {
        "pg_hba.conf": ["local all all peer map=allsquare", "local replication all peer map=allsquare"],
        "pg_ident.conf": [f'allsquare "{user}" all' for user in sorted(filter(None, users))],
    }
    for name, lines in rules.items():
        path = cluster.directory / name
        path.write_text("\n".join(["# Written by Allsquare at every start; changes are lost.", *lines, ""]))
        path.chmod(0o644)  # holds no secret, and the server's user must read it


def prepare_socket_directory(cluster: Cluster, account: Account) -> None:
    """Make it private to the server's user (and root), and refuse one that somebody else has put there.

    :raises EmbeddedPostgresError: when it is not a directory of that user closed to all others.
    """
    path = cluster.socket_directory
    try:
        path.mkdir(mode=0o700)
        account.own(path)
    except FileExistsError:
        found = path.lstat()
        if (
            not stat.S_ISDIR(found.st_mode)
            or found.st_uid != account.uid
            or stat.S_IMODE(found.st_mode) & 0o077
        ):
            message = (
                f"{path} is not a private directory of user id {account.uid}: remove it and start again."
            )
            raise EmbeddedPostgresError(message) from None


def remove_stale_locks(cluster: Cluster) -> None:
    """Remove what a killed server left: its pid file, its socket and the socket's lock.

    PostgreSQL would look for a process with the number in those files, and refuse to start when there is
    one, whoever it may be by now, or when the file is empty or nonsense. Call it only when the server's own
    lock is free, which proves that no server is alive.
    """
    for path in (
        cluster.data / "postmaster.pid",
        cluster.socket_directory / SOCKET,
        cluster.socket_directory / f"{SOCKET}.lock",
    ):
        path.unlink(missing_ok=True)


def create_database(cluster: Cluster) -> None:
    """Create the application's role and database unless they are there.

    The role is no superuser: what the database forbids (changing a posted journal line, reading another
    tenant's rows) shall be forbidden to the application, and a stolen connection shall not run programs.

    :raises psycopg.Error: when the server does not let us.
    """
    with psycopg.connect(
        host=str(cluster.socket_directory), port=PORT, user=SUPERUSER, dbname="postgres", autocommit=True
    ) as connection:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchall():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchall():
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(ROLE)))


def _flush(directory: Path) -> None:
    """Make a rename in ``directory`` survive a power failure."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
