"""Django's backend, except for three things.

It shares its connection with ``core.bulk``, whose statements may be on their way (see ``core.wire``): before Django
says anything itself, their answers are read. And it finds out otherwise whether a connection that it kept is still
alive.

Django asks ``SELECT 1`` before the first query of every request: a round trip that a request of the console spends most
of its waiting on. Who hung up is heard without asking: the kernel has it already. So that is listened for every time,
and the question is left for connections that were quiet for a while, of which a firewall may have let go silently.

And it reads instants in a quarter of the time: Django's way takes each apart by a regular expression in Python, which a
list of a hundred rows, or a thousand pieces of news, notices.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from select import POLLIN, poll
from typing import Any, Final

from django.db.backends.postgresql import base
from psycopg.abc import Buffer
from psycopg.types.datetime import TimestamptzLoader

from allsquare.core.wire import Wire

#: Seconds after an answer in which silence is believed.
_BELIEVED: Final = 10.0


class InstantLoader(TimestamptzLoader):
    """Reads a ``timestamptz``. Sessions are in UTC, so what is written is, too."""

    #: Django asks for it, and puts another loader in its place when the session is elsewhere.
    timezone: Final = UTC

    def load(self, data: Buffer) -> datetime:
        try:
            return datetime.fromisoformat(bytes(data).decode("ascii")).astimezone(UTC)
        except ValueError:  # infinity, or a year that Python does not have: psycopg knows what to say
            return super().load(data)


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's own."""

    wire: Wire
    _answered_at: float = 0.0

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        made = super().get_new_connection(conn_params)
        made.adapters.register_loader("timestamptz", InstantLoader)
        self._answered_at = time.monotonic()
        self.wire = Wire(made)
        return made

    def ensure_connection(self) -> None:
        """One that was closed under Django's feet, since somebody was interrupted, is opened anew; not in the middle of
        a transaction, which is lost with it."""
        if self.connection is not None and self.connection.closed and not self.in_atomic_block:
            self.close()
        super().ensure_connection()

    def cursor(self) -> Any:
        self._drain()
        return super().cursor()

    def chunked_cursor(self) -> Any:
        self._drain()
        return super().chunked_cursor()

    def set_autocommit(self, *args: Any, **kwargs: Any) -> None:
        self._drain()
        super().set_autocommit(*args, **kwargs)

    def commit(self) -> None:
        self._drain()
        super().commit()

    def rollback(self) -> None:
        self._drain()
        super().rollback()

    def _drain(self) -> None:
        if self.connection is not None:
            with self.wrap_database_errors:
                self.wire.drain()

    def is_usable(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        if time.monotonic() - self._answered_at < _BELIEVED and not self._has_word():
            return True
        usable = bool(super().is_usable())
        if usable:
            self._answered_at = time.monotonic()
        return usable

    def _has_word(self) -> bool:
        """Did the server say something unasked? A good-bye, mostly."""
        listener = poll()
        listener.register(self.connection, POLLIN)
        return bool(listener.poll(0))
