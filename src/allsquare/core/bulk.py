"""Writing many rows with one statement, for the paths where money moves.

Rows travel as one array per column (``unnest``), so the statement's text does not depend on how many there
are and one row is merely a short array. Unlike Django's own, the cursor binds on the server side (in binary:
text takes three times as long) and lets it prepare the statement, in the connection and transaction that
Django uses. Inside :func:`pipelined`, statements go out together instead of waiting for each other's answer.
Table and column names come from code, never from input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from types import MappingProxyType
from typing import Any, LiteralString

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int8

#: Column name → (PostgreSQL type, one value per row).
Columns = Mapping[str, tuple[LiteralString, Sequence[Any]]]

#: Column name → (PostgreSQL type, the value of all rows).
Same = Mapping[str, tuple[LiteralString, Any]]
NOTHING: Same = MappingProxyType({})

#: The columns of a statement: names with their types.
_Shape = tuple[tuple[str, LiteralString], ...]


class Sent:
    """A statement on its way. Reading its answer waits for it, and raises what the database said against it."""

    def __init__(self, cursor: psycopg.Cursor[tuple[Any, ...]]) -> None:
        self._cursor = cursor

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows, or nothing where there are none."""
        with connection.wrap_database_errors:
            return self._cursor.fetchall() if self._cursor.description else []

    @property
    def count(self) -> int:
        """How many rows were written. To be asked after the pipeline."""
        return self._cursor.rowcount


def send(statement: LiteralString | bytes | sql.Composed, parameters: Sequence[Any] = ()) -> Sent:
    """Execute inside Django's transaction. Inside :func:`pipelined` this does not wait."""
    cursor = psycopg.Cursor(_connection())
    with connection.wrap_database_errors:
        cursor.execute(statement, parameters, prepare=True)
    return Sent(cursor)


def run(
    statement: LiteralString | bytes | sql.Composed, parameters: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """:func:`send`, and wait for the rows. Not inside :func:`pipelined`."""
    return send(statement, parameters).rows()


@contextmanager
def pipelined() -> Iterator[None]:
    """What is sent inside goes out together; its answers can be read afterwards.

    The first error of the database is raised by the end of the block, or earlier by another statement in it.
    Only for statements of this module.
    """
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, _connection().pipeline():
        yield


def insert(
    table: LiteralString, columns: Columns, *, same: Same = NOTHING, otherwise: LiteralString = ""
) -> None:
    """``INSERT`` all rows. ``same`` is what they have in common, ``otherwise`` an ``ON CONFLICT`` clause."""
    if _length(columns):
        statement = _insert_statement(table, _shape(columns), _shape(same), otherwise)
        send(statement, [*_parameters(same), *_arrays_of(columns)])


def update(table: LiteralString, columns: Columns, *, match: Sequence[str] = ("id",)) -> Sent | None:
    """``UPDATE`` each row found by the ``match`` columns; its ``count`` says how many changed. ``None``: no rows.

    A column in ``match`` other than the key makes the update conditional: give the old state there, as
    ``old_state``, and the count says whether somebody was faster.
    """
    if not _length(columns):
        return None
    return send(_update_statement(table, _shape(columns), tuple(match)), _arrays_of(columns))


def _connection() -> psycopg.Connection[tuple[Any, ...]]:
    connection.ensure_connection()
    raw: psycopg.Connection[tuple[Any, ...]] | None = connection.connection
    assert raw is not None  # noqa: S101  # told to the type checker: it was ensured above
    return raw


@cache
def _insert_statement(table: LiteralString, shape: _Shape, same: _Shape, otherwise: LiteralString) -> bytes:
    constants = [sql.SQL("%b::{}").format(sql.SQL(kind)) for _, kind in same]
    statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM unnest({}) AS u({}) {}").format(
        sql.Identifier(table),
        _names((*same, *shape)),
        sql.SQL(", ").join([*constants, sql.SQL("u.*")]),
        _arrays(shape),
        _names(shape),
        sql.SQL(otherwise),
    )
    return statement.as_bytes()


@cache
def _update_statement(table: LiteralString, shape: _Shape, match: tuple[str, ...]) -> bytes:
    changed = [name for name, _ in shape if name not in match]
    statement = sql.SQL("UPDATE {} t SET {} FROM unnest({}) AS u({}) WHERE {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(sql.SQL("{0} = u.{0}").format(sql.Identifier(name)) for name in changed),
        _arrays(shape),
        _names(shape),
        sql.SQL(" AND ").join(
            sql.SQL("t.{} = u.{}").format(sql.Identifier(name.removeprefix("old_")), sql.Identifier(name))
            for name in match
        ),
    )
    return statement.as_bytes()


def _shape(columns: Columns | Same) -> _Shape:
    return tuple((name, kind) for name, (kind, _) in columns.items())


def _length(columns: Columns) -> int:
    lengths = {len(values) for _, values in columns.values()}
    if len(lengths) != 1:
        raise ValueError(f"columns of different length: {lengths}")
    return lengths.pop()


def _names(shape: _Shape) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name, _ in shape)


def _arrays(shape: _Shape) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("%b::{}[]").format(sql.SQL(kind)) for _, kind in shape)


def _parameters(same: Same) -> list[Any]:
    return [value for _, value in same.values()]


def _arrays_of(columns: Columns) -> list[list[Any] | None]:
    return [_array(kind, values) for kind, values in columns.values()]


def _array(kind: LiteralString, values: Sequence[Any]) -> list[Any] | None:
    """``values`` as a binary array needs them: every element of the column's own type.

    Nothing but ``NULL`` is sent as no array at all, since an array must say its elements' type; ``unnest``
    fills the column up.
    """
    if all(value is None for value in values):
        return None
    if kind == "bigint":
        return [None if value is None else Int8(value) for value in values]
    if kind == "jsonb":
        return [None if value is None else Jsonb(value) for value in values]
    return list(values)
