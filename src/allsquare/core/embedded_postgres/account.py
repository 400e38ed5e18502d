"""Which operating-system user runs the server. PostgreSQL refuses to be root, and so do we.

Root's server runs under an id of its own rather than as ``nobody``: other daemons share ``nobody``, and
whatever breaks out of one of them could read the books and signal the server. The id needs no ``useradd``
and no entry in ``/etc/passwd``. It lies between the ranges that Debian, systemd-homed (up to 60705) and
systemd's dynamic users (from 61184) hand out, and below 65536, so it exists in user-namespaced containers.
``initdb`` alone wants a user with a name, so it runs as ``nobody`` for its second or two, in a directory
that is taken over afterwards. Once there is data, its owner decides: an administrator may give it away.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from allsquare.core.embedded_postgres.errors import EmbeddedPostgresError

SERVER_ID = 60732


class Switch(TypedDict, total=False):
    """The arguments of :class:`subprocess.Popen` that change user; none when there is nothing to change."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """An operating-system user, by numbers."""

    uid: int
    gid: int

    @property
    def switch(self) -> Switch:
        """How to become this user: only root can and must."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a file or directory, never what a symbolic link points at, to this user."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_enter(self, directory: Path) -> bool:
        """Whether this user gets through to ``directory``; tried, not computed, so that ACLs count."""
        command = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)]
        # From "/", because the shell could not even name a current directory that is closed to it.
        return (
            subprocess.run(command, cwd="/", capture_output=True, check=False, **self.switch).returncode == 0
        )

    def name(self) -> str | None:
        """The user's name, None when the machine knows none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return None


def server_account(data: Path) -> Account:
    """The user that runs the server over ``data``, which may not exist yet.

    :raises EmbeddedPostgresError: when the data belongs to root.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    if not data.exists():
        return Account(SERVER_ID, SERVER_ID)
    owner = data.stat()
    if owner.st_uid == 0:
        message = (
            f"{data} belongs to root, and PostgreSQL refuses to run as root: chown -R it to another user."
        )
        raise EmbeddedPostgresError(message)
    return Account(owner.st_uid, owner.st_gid)


def initdb_account(server: Account) -> Account:
    """The user that runs ``initdb``: the server's own if it has a name, else ``nobody``.

    :raises EmbeddedPostgresError: when no such user has a name.
    """
    if server.name() is not None:
        return server
    if os.geteuid() != 0:
        message = f"User id {server.uid} has no name here, and PostgreSQL needs one: add it to /etc/passwd."
        raise EmbeddedPostgresError(message)
    try:
        return Account(pwd.getpwnam("nobody").pw_uid, server.gid)
    except KeyError as error:
        message = "There is no user nobody to create the database with: run as a user other than root."
        raise EmbeddedPostgresError(message) from error
