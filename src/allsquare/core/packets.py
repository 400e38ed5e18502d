"""A pipeline that puts what is sent into one packet, for ``core.bulk``.

In psycopg's own, every statement goes out by itself as soon as it is there, after a look whether an answer has come,
and BEGIN is waited for. Each packet wakes the server up, which runs and then waits for the next one. Here all go out
when the first answer is asked for, or when there is much: libpq sends by itself from 64 KB on, so that the server works
on a large batch while the rest is being written.

psycopg has no public place for this. What is overridden are three small methods of its pipeline; the tests of this file
count packets, so that a release which calls them differently shows there.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.generators import send
from psycopg.pq import TransactionStatus

#: As psycopg's own: steps of waiting for the socket.
_Steps = Generator[Any, Any, None]


class _Packet(psycopg.Pipeline):
    def _enter_gen(self) -> _Steps:
        if self.level:  # one within another: what was sent before need not be over
            self.level += 1
        else:
            yield from super()._enter_gen()

    def _communicate_gen(self) -> _Steps:
        """Hand over to libpq, which keeps it until it is flushed."""
        while self.command_queue:
            self.command_queue.popleft()()
        return
        yield

    def _fetch_gen(self, *, flush: bool) -> _Steps:
        """Send, and read all answers. A sync and not a flush, after which libpq would not know of the transaction."""
        if flush and self.result_queue:
            self._enqueue_sync()
            yield from self._communicate_gen()
            yield from send(self.pgconn)
        yield from super()._fetch_gen(flush=False)

    def _exit_gen(self) -> _Steps:
        yield from self._fetch_gen(flush=True)

    def begin(self) -> _Steps:
        """BEGIN, which nobody waits for: psycopg finds a transaction under way and sends none itself."""
        yield from self._conn._exec_command(self._conn._get_tx_start_command())
        yield from self._communicate_gen()


@contextmanager
def packed(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """As ``connection.pipeline()``; outside of autocommit the transaction is begun with the rest."""
    if connection._pipeline is None:
        connection._pipeline = _Packet(connection)
    with connection.pipeline() as pipeline:
        idle = connection.info.transaction_status is TransactionStatus.IDLE
        if idle and not connection.autocommit and isinstance(pipeline, _Packet):
            connection.wait(pipeline.begin())
        yield
