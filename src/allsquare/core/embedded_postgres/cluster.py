"""One embedded PostgreSQL: the places of its files and how to connect, known without it running."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from allsquare.core.embedded_postgres import locks
from allsquare.core.embedded_postgres.errors import EmbeddedPostgresError
from allsquare.core.embedded_postgres.processes import shut_down
from allsquare.core.home import home

SUPERUSER = "postgres"
ROLE = "allsquare"
DATABASE = "allsquare"

# It only names the socket: there is no TCP. The file next to it is the server's lock on the name.
PORT = "5432"
SOCKET = f".s.PGSQL.{PORT}"
# sun_path of unix(7) has 108 bytes with the terminating zero, 104 on macOS and BSD; ".lock" must fit as well.
LONGEST_SOCKET_PATH = 103 - len(".lock")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL data directory and what belongs to it, all below ``directory`` (an absolute path)."""

    directory: Path

    @classmethod
    def at(cls, directory: Path | None = None) -> Cluster:
        """The cluster in ``directory``, by default that of this installation. Touches no file."""
        return cls((directory or home() / "postgres").absolute())

    @property
    def data(self) -> Path:
        """PostgreSQL's own directory: mode 0700, owned by the user that runs the server."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.directory / "server.log"

    @property
    def start_lock(self) -> Path:
        """Held alone by whoever starts or stops the server."""
        return self.directory / "start.lock"

    @property
    def server_lock(self) -> Path:
        """Held alone by the server's own processes, which inherit it, until the last one has ended."""
        return self.directory / "server.lock"

    @property
    def keepers_lock(self) -> Path:
        """Shared by the processes that keep the server running."""
        return self.directory / "keepers.lock"

    @property
    def socket_directory(self) -> Path:
        """Where the Unix socket is: mode 0700, owned by the user that runs the server.

        Below ``directory``, or under ``/tmp`` with a name made from it when a socket's path would be too
        long or would be read as several hosts. Not ``$TMPDIR`` or ``$XDG_RUNTIME_DIR``: they differ between
        a terminal and a service, and both must come to the same place.
        """
        near = self.directory / "run"
        if len(str(near / SOCKET).encode()) <= LONGEST_SOCKET_PATH and not set(str(near)) & set(',"'):
            return near
        digest = hashlib.sha256(str(self.directory).encode()).hexdigest()[:16]
        return Path("/tmp") / f"allsquare-{digest}"  # noqa: S108 - made 0700, and refused if another owns it

    def connection(self, *, name: str = DATABASE, user: str = ROLE) -> dict[str, str]:
        """Parameters in Django's words. No password can leak: the kernel says who asks."""
        return {
            "NAME": name,
            "USER": user,
            "PASSWORD": "",
            "HOST": str(self.socket_directory),
            "PORT": PORT,
        }

    @property
    def url(self) -> str:
        """The same as a connection URI that libpq's programs read."""
        place = urlencode({"host": str(self.socket_directory), "port": PORT}, quote_via=quote, safe="")
        return f"postgresql://{ROLE}@/{DATABASE}?{place}"

    def is_running(self) -> bool:
        """Whether any process of a server is alive, be it starting, serving or stopping."""
        return locks.is_taken(self.server_lock)

    def stop(self) -> None:
        """Stop the server, whoever keeps it, and wait for its end; nothing happens when none runs."""
        if self.server_lock.exists():
            with locks.exclusive(self.start_lock):
                shut_down(self.data, self.server_lock)

    def destroy(self) -> None:
        """Stop the server and delete the cluster **with all its data**. Other files in ``directory`` stay.

        :raises EmbeddedPostgresError: when there is no cluster in ``directory``.
        """
        if not self.server_lock.exists():
            raise EmbeddedPostgresError(f"There is no database in {self.directory}.")
        self.stop()
        below = [self.directory / name for name in ("data", "run", "binaries", "initdb")]
        for tree in (*below, self.socket_directory):
            if tree.exists():
                shutil.rmtree(tree)
        for path in (
            *self.directory.glob("server.log*"),
            *self.directory.glob("pg_*.conf"),
            *self.directory.glob("*.lock"),
        ):
            path.unlink()
        if not any(self.directory.iterdir()):
            self.directory.rmdir()
