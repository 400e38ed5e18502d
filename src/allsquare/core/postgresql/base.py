"""Django's backend, except for two things.

It shares its connection with ``core.bulk``, whose statements may be on their way (see ``core.wire``): before Django
says anything itself, their answers are read. And it finds out otherwise whether a connection that it kept is still
alive.

Django asks ``SELECT 1`` before the first query of every request: a round trip that a request of the console spends most
of its waiting on. Who hung up is heard without asking: the kernel has it already. So that is listened for every time,
and the question is left for connections that were quiet for a while, of which a firewall may have let go silently.
"""

from __future__ import annotations

import time
from select import POLLIN, poll
from typing import Any, Final

from django.db.backends.postgresql import base

from allsquare.core.wire import Wire

#: Seconds after an answer in which silence is believed.
_BELIEVED: Final = 10.0


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's own."""

    wire: Wire
    _answered_at: float = 0.0

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        made = super().get_new_connection(conn_params)
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
