"""Writing many rows with one statement, for the paths where money moves.

Rows travel as one array per column (``unnest``), so the statement's text does not depend on how many there
are; a single one travels as it is, which costs both sides less. Unlike Django's own, the cursor binds on the
server side (in binary: text takes three times as long) and lets it prepare the statement, in the connection and
transaction that Django uses. Inside :func:`pipelined`, statements go out without waiting for each other's answer;
what is written inside :func:`together` is one statement where there are few rows.
Table and column names come from code, never from input.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from types import MappingProxyType
from typing import Any, LiteralString, NamedTuple

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from allsquare.core.binary import encoded, encoded_array
from allsquare.core.packets import packed

#: Column name → (PostgreSQL type, one value per row).
Columns = Mapping[str, tuple[LiteralString, Sequence[Any]]]

#: Column name → (PostgreSQL type, the value of all rows).
Same = Mapping[str, tuple[LiteralString, Any]]
NOTHING: Same = MappingProxyType({})

#: The columns of a statement: names with their types.
_Shape = tuple[tuple[str, LiteralString], ...]

#: Rows written together above which separate statements are faster than one (measured: 2,500 payments per second by
#: one statement for a batch of 1,000, 4,500 by one for each table).
_FEW = 100


class Sent:
    """A statement on its way. Reading its answer waits for it, and raises what the database said against it."""

    def __init__(self, cursor: psycopg.Cursor[tuple[Any, ...]]) -> None:
        self._cursor = cursor

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows, or nothing where there are none. Inside :func:`pipelined`, only of a statement that gives some."""
        answer = self._cursor.pgresult
        if answer is not None and not answer.nfields:
            return []
        with connections[DEFAULT_DB_ALIAS].wrap_database_errors:
            return self._cursor.fetchall()

    @property
    def count(self) -> int:
        """How many rows were written. To be asked after the pipeline."""
        return self._cursor.rowcount


class _Text(NamedTuple):
    """A statement; ``every``: its transaction fails when it finds fewer rows than it was given."""

    sql: str
    every: bool = False


@dataclass(slots=True)
class _Waiting:
    """What is collected inside :func:`together`: statements with their parameters and numbers of rows."""

    texts: list[_Text] = field(default_factory=list)
    parameters: list[list[Any]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


class _Local(threading.local):
    waiting: _Waiting | None = None


_local = _Local()


def send(
    statement: LiteralString | bytes | sql.Composed,
    parameters: Sequence[Any] | Mapping[str, Any] = (),
    *,
    binary: bool = False,
) -> Sent:
    """Execute inside Django's transaction. Inside :func:`pipelined` this does not wait. ``binary``: so the answer
    comes, which is read faster; not for JSON, which Django's fields expect as text."""
    return _execute(psycopg.Cursor, statement, parameters, binary=binary)


def run(
    statement: LiteralString | bytes | sql.Composed, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> list[tuple[Any, ...]]:
    """:func:`send`, and wait for the rows. Not inside :func:`pipelined`."""
    return send(statement, parameters).rows()


@contextmanager
def pipelined(*, committing: bool = False) -> Iterator[None]:
    """What is sent inside does not wait for an answer; answers can be read inside, which waits, or afterwards.

    The first error of the database is raised by the end of the block, or earlier by another statement in it.
    Only for statements of this module. With ``committing``, nothing may follow in the transaction: when it is the
    outermost one its ``COMMIT`` goes out with the last statement, and nothing is left for Django to commit.
    """
    django, raw = _connection()
    django.validate_no_broken_transaction()
    commit = None
    with django.wrap_database_errors, packed(raw):
        yield
        if committing and django.in_atomic_block and not django.savepoint_ids:
            commit = raw.cursor().execute("COMMIT", prepare=True)
    # A transaction that failed answers COMMIT by ROLLBACK, without an error. An error before ends the pipeline, so
    # this cannot be; but nobody may ever be told that something is kept when it is not.
    if commit is not None and commit.statusmessage != "COMMIT":
        raise OperationalError(f"the transaction was not committed: {commit.statusmessage}")


def flush() -> None:
    """Inside :func:`pipelined`: what was sent so far goes out, as much of it as the server takes without a wait."""
    _, raw = _connection()
    raw.pgconn.flush()


@contextmanager
def together() -> Iterator[None]:
    """What :func:`insert` and :func:`update` write inside goes out at its end: few rows as one statement, many as one
    statement for each table. None of it may depend on the effects of another or be told how many rows there were;
    whoever is not content with fewer says ``every``."""
    if _local.waiting is not None:
        yield
        return
    _local.waiting = waiting = _Waiting()
    try:
        yield
    finally:
        _local.waiting = None
    if len(waiting.texts) > 1 and sum(waiting.rows) <= _FEW:
        parameters = [value for part in waiting.parameters for value in part]
        _send_texts(tuple(waiting.texts), parameters, waiting.rows)
    else:
        for text, parameters, rows in zip(waiting.texts, waiting.parameters, waiting.rows, strict=True):
            _send_texts((text,), parameters, [rows])


def insert(
    table: LiteralString, columns: Columns, *, same: Same = NOTHING, otherwise: LiteralString = ""
) -> Sent | None:
    """``INSERT`` all rows. ``same`` is what they have in common, ``otherwise`` an ``ON CONFLICT`` clause; the answer's
    ``count`` says how many were new. ``None``: as with :func:`update`."""
    if not (rows := _length(columns)):
        return None
    text = _insert_text(table, _shape(columns), _shape(same), otherwise, rows == 1)
    constants = [encoded(kind, value) for kind, value in same.values()]
    return _write(text, [*constants, *_values_of(columns, rows)], rows)


def update(
    table: LiteralString,
    columns: Columns,
    *,
    match: Sequence[str] = ("id",),
    only: LiteralString = "",
    every: bool = False,
) -> Sent | None:
    """``UPDATE`` each row found by the ``match`` columns; its ``count`` says how many changed. ``None``: no rows, or
    they wait for the end of :func:`together`.

    A column in ``match`` other than the key makes the update conditional: give the old state there, as ``old_state``.
    With ``every`` the database itself refuses to go on unless every row was found (see :func:`rows_were_missing`):
    then somebody was faster. ``only`` is a condition on the row ``t`` as it was.
    """
    if not (rows := _length(columns)):
        return None
    text = _update_text(table, _shape(columns), tuple(match), only, every, rows == 1)
    return _write(text, _values_of(columns, rows), rows)


def rows_were_missing(error: DatabaseError) -> bool:
    """Did an :func:`update` of ``every`` row find fewer?"""
    return isinstance(error.__cause__, psycopg.errors.DivisionByZero)


def _write(text: _Text, parameters: list[Any], rows: int) -> Sent | None:
    if _local.waiting is None:
        return _send_texts((text,), parameters, [rows])
    _local.waiting.texts.append(text)
    _local.waiting.parameters.append(parameters)
    _local.waiting.rows.append(rows)
    return None


def _send_texts(texts: tuple[_Text, ...], parameters: list[Any], rows: Sequence[int]) -> Sent:
    counts = [encoded("bigint", n) for text, n in zip(texts, rows, strict=True) if text.every]
    return _execute(psycopg.RawCursor, _combined(texts), [*parameters, *counts])


def _execute(
    kind: type[psycopg.Cursor[tuple[Any, ...]]],
    statement: Any,
    parameters: Sequence[Any] | Mapping[str, Any],
    *,
    binary: bool = False,
) -> Sent:
    django, raw = _connection()
    cursor = kind(raw)
    with django.wrap_database_errors:
        cursor.execute(statement, parameters, prepare=True, binary=binary)
    return Sent(cursor)


def _connection() -> tuple[BaseDatabaseWrapper, psycopg.Connection[tuple[Any, ...]]]:
    """Django's and, in it, psycopg's. Asked once for a statement: each look at ``django.db.connection`` is a search."""
    django = connections[DEFAULT_DB_ALIAS]
    django.close_if_health_check_failed()
    django.ensure_connection()
    return django, django.connection


@cache
def _combined(texts: tuple[_Text, ...]) -> bytes:
    """One statement of all ``texts``, with its parameters numbered. A row that is missing divides by zero: PostgreSQL
    has no other way to fail on a condition without a function stored in it."""
    whole = texts[0].sql
    if len(texts) > 1 or texts[0].every:
        parts = ", ".join(f"w{number} AS ({text.sql})" for number, text in enumerate(texts))
        checks = [
            f"1 / ((SELECT count(*) FROM w{number}) = %b::bigint)::int"  # noqa: S608  # as above
            for number, text in enumerate(texts)
            if text.every
        ]
        whole = f"WITH {parts} SELECT {', '.join(checks) or '1'}"  # texts from below
    numbers = count(1)
    return re.sub("%b", lambda _: f"${next(numbers)}", whole).encode()


@cache
def _insert_text(
    table: LiteralString, shape: _Shape, same: _Shape, otherwise: LiteralString, one: bool
) -> _Text:
    constants = [sql.SQL("%b::{}").format(sql.SQL(kind)) for _, kind in same]
    statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} {}").format(
        sql.Identifier(table),
        _names((*same, *shape)),
        sql.SQL(", ").join([*constants, sql.SQL("u.*")]),
        _given(shape, one),
        sql.SQL(otherwise),
    )
    return _Text(statement.as_string())


@cache
def _update_text(
    table: LiteralString, shape: _Shape, match: tuple[str, ...], only: LiteralString, every: bool, one: bool
) -> _Text:
    changed = [name for name, _ in shape if name not in match]
    conditions = [
        sql.SQL("t.{} = u.{}").format(sql.Identifier(name.removeprefix("old_")), sql.Identifier(name))
        for name in match
    ]
    statement = sql.SQL("UPDATE {} t SET {} FROM {} WHERE {} {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(sql.SQL("{0} = u.{0}").format(sql.Identifier(name)) for name in changed),
        _given(shape, one),
        sql.SQL(" AND ").join([*conditions, sql.SQL(only)] if only else conditions),
        sql.SQL("RETURNING 1" if every else ""),
    )
    return _Text(statement.as_string(), every)


def _shape(columns: Columns | Same) -> _Shape:
    return tuple([(name, kind) for name, (kind, _) in columns.items()])


def _length(columns: Columns) -> int:
    lengths = {len(values) for _, values in columns.values()}
    if len(lengths) != 1:
        raise ValueError(f"columns of different length: {lengths}")
    return lengths.pop()


def _names(shape: _Shape) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name, _ in shape)


def _given(shape: _Shape, one: bool) -> sql.Composed:
    """The rows ``u`` that a statement is given: of arrays, or a single one."""
    source, suffix = ("(SELECT {}) AS u({})", "") if one else ("unnest({}) AS u({})", "[]")
    places = [sql.SQL("%b::{}{}").format(sql.SQL(kind), sql.SQL(suffix)) for _, kind in shape]
    return sql.SQL(source).format(sql.SQL(", ").join(places), _names(shape))


def _values_of(columns: Columns, rows: int) -> list[Any]:
    if rows == 1:
        return [encoded(kind, values[0]) for kind, values in columns.values()]
    return [encoded_array(kind, values) for kind, values in columns.values()]
