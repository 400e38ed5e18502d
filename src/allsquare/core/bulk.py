"""Writing many rows with one statement, for the paths where money moves.

Rows travel as one array per column (``unnest``), so the statement's text does not depend on how many there
are; a single one travels as it is, which costs both sides less. Unlike Django's own, the cursor binds on the
server side (in binary: text takes three times as long) and lets it prepare the statement, in the connection and
transaction that Django uses. Inside :func:`pipelined`, statements go out without waiting for each other's answer;
what is written inside :func:`together` is one statement where there are few rows.
Table and column names come from code, never from input.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from types import MappingProxyType
from typing import Any, Final, LiteralString, NamedTuple

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections
from psycopg import sql
from psycopg.adapt import PyFormat

from allsquare.core.binary import encoded, encoded_array
from allsquare.core.postgresql.base import DatabaseWrapper
from allsquare.core.wire import OUTDATED, Answer

_log = logging.getLogger(__name__)

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

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows, or nothing where there are none."""
        with _django().wrap_database_errors:
            return self._answer.rows()

    def parts(self, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The rows, ``size`` at a time, each part read when it is asked for. The wait for the answer is now."""
        with _django().wrap_database_errors:
            return self._answer.parts(size)

    @property
    def count(self) -> int:
        """How many rows were written, or given."""
        with _django().wrap_database_errors:
            return self._answer.count


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
    text, names, formats = _numbered(
        statement.as_bytes() if isinstance(statement, sql.Composed) else statement
    )
    values = [parameters[name] for name in names] if isinstance(parameters, Mapping) else parameters
    if len(values) != len(formats):
        raise ValueError(f"{len(values)} parameters for {len(formats)} places")
    return _execute(text, values, formats, binary=binary)


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
    django = _connection()
    django.validate_no_broken_transaction()
    wire = django.wire
    commit = None
    wire.level += 1
    try:
        with django.wrap_database_errors:
            yield
            if committing and django.in_atomic_block and not django.savepoint_ids:
                commit = wire.send(b"COMMIT")
            wire.drain()
    finally:
        wire.level -= 1
        _leave(django)
    # A transaction that failed answers COMMIT by ROLLBACK, without an error. An error before is raised before, so
    # this cannot be; but nobody may ever be told that something is kept when it is not.
    if commit is not None and commit.said != b"COMMIT":
        raise OperationalError(f"the transaction was not committed: {commit.said.decode()}")


def flush() -> None:
    """Inside :func:`pipelined`: what was sent so far goes out, as much of it as the server takes without a wait."""
    _django().wire.push()


def ask_guards() -> None:
    """Inside :func:`pipelined`: what guards would ask at the commit is asked of all that was sent so far. So they are
    asked while the caller prepares what follows; each part of it must be right by itself."""
    send(b"SET CONSTRAINTS ALL IMMEDIATE")
    send(b"SET CONSTRAINTS ALL DEFERRED")


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


def will_be_prepared_anew(error: BaseException) -> bool:
    """Was it a statement that the server no longer has, or has for tables that are others now? It fails once."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    return isinstance(cause, psycopg.Error) and cause.sqlstate in OUTDATED


def _write(text: _Text, parameters: list[Any], rows: int) -> Sent | None:
    if _local.waiting is None:
        return _send_texts((text,), parameters, [rows])
    _local.waiting.texts.append(text)
    _local.waiting.parameters.append(parameters)
    _local.waiting.rows.append(rows)
    return None


def _send_texts(texts: tuple[_Text, ...], parameters: list[Any], rows: Sequence[int]) -> Sent:
    counts = [encoded("bigint", n) for text, n in zip(texts, rows, strict=True) if text.every]
    return _execute(_combined(texts), [*parameters, *counts])


def _execute(
    text: bytes, values: Sequence[Any], formats: Sequence[PyFormat] = (), *, binary: bool = False
) -> Sent:
    django = _connection()
    with django.wrap_database_errors:
        answer = django.wire.send(text, values, formats, binary=binary)
        if not django.wire.level:
            django.wire.drain()
    return Sent(answer)


def _django() -> DatabaseWrapper:
    django = connections[DEFAULT_DB_ALIAS]
    assert isinstance(django, DatabaseWrapper)  # noqa: S101  # the settings name no other
    return django


def _connection() -> DatabaseWrapper:
    """Connected. Asked once for a statement: each look at ``django.db.connection`` is a search."""
    django = _django()
    if django.connection is None or django.wire.is_quiet:
        django.close_if_health_check_failed()
        django.ensure_connection()
    return django


def _leave(django: DatabaseWrapper) -> None:
    """Whatever ended the block, its answers are read: the connection is in nobody's way. After an error, what they say
    is less than what was said."""
    try:
        django.wire.drain()
    except psycopg.Error as error:
        _log.debug("an answer after an error: %s", error)


#: A place for a parameter, as psycopg writes them: by order or name, in binary, as text or as it likes.
_PLACE: Final = re.compile(rb"%(?:\((\w+)\))?([bst])|%%")


@cache
def _numbered(statement: LiteralString | bytes) -> tuple[bytes, tuple[str, ...], tuple[PyFormat, ...]]:
    """The statement with numbered places; the names of its parameters where they have some, and their formats."""
    named: dict[bytes, int] = {}
    formats: list[PyFormat] = []

    def place(found: re.Match[bytes]) -> bytes:
        name, way = found.groups()
        if way is None:
            return b"%"
        if name is None or name not in named:
            formats.append(PyFormat(way.decode()))
            if name is not None:
                named[name] = len(formats)
        return b"$%d" % (len(formats) if name is None else named[name])

    text = _PLACE.sub(place, statement if isinstance(statement, bytes) else statement.encode())
    return text, tuple(name.decode() for name in named), tuple(formats)


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
