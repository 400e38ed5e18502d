"""Statements on their way: libpq's pipeline, without a cursor for each, for ``core.bulk``.

What is sent is handed to libpq and goes out in one packet when an answer is asked for, or when there is much: libpq
sends by itself from 64 KB on, so that the server works on a large batch while the rest is being written. In psycopg's
own pipeline each statement goes out by itself, BEGIN is waited for, and for one settled payment its cursors and
generators take a millisecond, as long as the database needs for a third of it.

From the first statement sent until the last answer is read the connection speaks in pipeline mode. So whoever else uses
it calls :meth:`Wire.drain` before: ``core.postgresql`` does, for all of Django.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from select import POLLIN, POLLOUT, poll
from typing import Any, Final

import psycopg
from psycopg._preparing import PrepareManager
from psycopg.abc import Buffer
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from allsquare.core.binary import Encoded

#: A statement, and the types of its parameters (0: as the statement says), under which the server has prepared it.
_Key = tuple[bytes, tuple[int, ...]]

#: Statements come from code and are few. Should one ever be made from data, it is not kept.
_MOST_PREPARED: Final = 400

_OK: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
#: What the server no longer has under its name, or has for tables that are others now.
OUTDATED: Final = ("26000", "0A000")


class Answer:
    """To one statement; empty until it was read."""

    __slots__ = ("_preparing", "_wire", "result")

    def __init__(self, wire: Wire, preparing: _Key | None = None) -> None:
        self._wire = wire
        self._preparing = preparing
        self.result: PGresult | None = None

    def rows(self) -> list[tuple[Any, ...]]:
        """Waits for them. Nothing where a statement gives none."""
        return next(self.parts(), [])

    def parts(self, size: int = 0) -> Iterator[list[tuple[Any, ...]]]:
        """The rows, as many at a time; all at once without a ``size``. Waits for them now."""
        result = self._there()
        if not result.nfields:
            return iter(())
        reader = Transformer.from_context(self._wire.connection)
        reader.set_pgresult(result)
        ends = range(0, result.ntuples, size or result.ntuples or 1)
        return (reader.load_rows(start, min(start + ends.step, result.ntuples), tuple) for start in ends)

    @property
    def count(self) -> int:
        """How many rows were written, or given."""
        result = self._there()
        return result.ntuples if result.nfields else result.command_tuples or 0

    @property
    def said(self) -> bytes:
        """What the server says it did: ``COMMIT``, and not ``ROLLBACK``."""
        return self._there().command_status or b""

    def error(self) -> psycopg.Error | None:
        """What the server says against it."""
        if self.result is None or self.result.status in _OK:
            return None
        if self.result.status == ExecStatus.FATAL_ERROR:
            return error_from_result(self.result, encoding=self._wire.connection.info.encoding)
        return psycopg.errors.PipelineAborted("a statement before this one failed")

    def _there(self) -> PGresult:
        if self.result is None:
            self._wire.drain()
        if error := self.error():
            raise error
        if self.result is None:
            raise psycopg.OperationalError("the connection was lost before the answer came")
        return self.result


class Wire:
    """Of one connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.level = 0  # of ``bulk.pipelined``
        self._talk: PGconn = connection.pgconn
        self._waiting: list[Answer] = []
        self._prepared: dict[_Key, bytes] = {}
        self._numbered = 0
        self._prepares = connection.prepare_threshold is not None
        connection._prepared = _Forgetting(connection._prepared, self._prepared)

    @property
    def is_quiet(self) -> bool:
        """Nothing is on its way."""
        return self._talk.pipeline_status == PipelineStatus.OFF

    def send(
        self,
        statement: bytes,
        values: Sequence[Any] = (),
        formats: Sequence[PyFormat] = (),
        *,
        binary: bool = False,
    ) -> Answer:
        """``statement`` has numbered places (``$1``). ``formats`` are for values that are not encoded yet."""
        parameters: Sequence[Buffer | None] = values
        kinds: tuple[int, ...] = ()
        ways: Sequence[int] | None = [1] * len(values)
        # What cannot be written is refused before the connection hears of it.
        if not all(value is None or type(value) is Encoded for value in values):
            writer = Transformer.from_context(self.connection)
            parameters = writer.dump_sequence(values, formats or [PyFormat.BINARY] * len(values))
            kinds, ways = writer.types or (), writer.formats
        try:
            if self.is_quiet:
                self._begin()
            if name := self._name((statement, kinds)):
                self._talk.send_query_prepared(name, parameters, ways, int(binary))
            else:
                self._talk.send_query_params(statement, parameters, kinds, ways, int(binary))
            answer = Answer(self)
            self._waiting.append(answer)
        except BaseException:
            self.connection.close()  # what was sent of it nobody knows
            raise
        return answer

    def push(self) -> None:
        """What was sent so far goes out, as much of it as the server takes without a wait."""
        if self._waiting:
            self._talk.flush()

    def drain(self) -> None:
        """Read all answers. Raises the first error among them, when all are read."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        try:
            self._read(waiting)
        except BaseException as end:
            self.connection.close()  # nobody knows which answers are still to come
            if isinstance(
                end, psycopg.Error
            ):  # what the server said before counts more than the silence after it
                self._raise_first(waiting)
            raise
        self._raise_first(waiting)

    def _begin(self) -> None:
        """Into pipeline mode; outside of autocommit, the transaction is begun with the rest."""
        idle = self._talk.transaction_status == TransactionStatus.IDLE
        self._talk.enter_pipeline_mode()
        if idle and not self.connection.autocommit:
            self._waiting.append(Answer(self))
            self._talk.send_query_params(self.connection._get_tx_start_command(), None)

    def _name(self, key: _Key) -> bytes | None:
        """Under which the server has it prepared, or is about to."""
        name = self._prepared.get(key)
        if name is None and self._prepares and len(self._prepared) < _MOST_PREPARED:
            self._numbered += 1
            name = self._prepared[key] = b"allsquare_%d" % self._numbered
            self._talk.send_prepare(name, *key)
            self._waiting.append(Answer(self, preparing=key))
        return name

    def _read(self, waiting: Sequence[Answer]) -> None:
        self._talk.pipeline_sync()
        while self._talk.flush():
            if self._wait(POLLIN | POLLOUT) & POLLIN:
                self._talk.consume_input()
        for answer in waiting:
            while (result := self._next()) is not None:
                answer.result = result
            self._check_alive()
        end = self._next()
        if end is None or end.status != ExecStatus.PIPELINE_SYNC:
            raise psycopg.OperationalError("the connection was lost before the last answer came")
        self._talk.exit_pipeline_mode()

    def _next(self) -> PGresult | None:
        """``None``: the end of the answer to one statement."""
        while self._talk.is_busy():
            self._wait(POLLIN)
            self._talk.consume_input()
        return self._talk.get_result()

    def _wait(self, what: int) -> int:
        socket = poll()
        socket.register(self._talk.socket, what)
        ((_number, event),) = socket.poll()
        return event

    def _check_alive(self) -> None:
        if self._talk.status == ConnStatus.BAD:
            raise psycopg.OperationalError("the connection was lost before the answer came")

    def _raise_first(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            if error := answer.error():
                self._forget(answers, error)
                raise error

    def _forget(self, answers: Sequence[Answer], error: psycopg.Error) -> None:
        """Statements that the server did not come to prepare; all of them when what it has is of no use."""
        for each in answers:
            if each._preparing is not None and (each.result is None or each.result.status not in _OK):
                self._prepared.pop(each._preparing, None)
        if error.sqlstate in OUTDATED:
            self._prepared.clear()


class _Forgetting(PrepareManager):
    """psycopg's own, for the statements of its cursors. When it has the server forget what is prepared (after a
    rollback, or when tables changed), ours are gone with the others."""

    def __init__(self, like: PrepareManager, ours: dict[_Key, bytes]) -> None:
        super().__init__()
        self.prepare_threshold, self.prepared_max = like.prepare_threshold, like.prepared_max
        self._ours = ours

    def clear(self) -> bool:
        gone = super().clear()
        if gone:
            self._ours.clear()
        return gone
