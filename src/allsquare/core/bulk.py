"""Writing many rows with one statement, for the paths where money moves.

Rows travel as one array per column (``unnest``), so the statement's text does not depend on how many there
are and one row is merely a short array. The cursor binds on the server side, unlike Django's own, in the
connection and transaction that Django uses. Table and column names come from code, never from input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import psycopg
from django.db import connection
from psycopg import sql

#: Column name → (PostgreSQL type, one value per row).
Columns = Mapping[str, tuple[LiteralString, Sequence[Any]]]


def run(statement: LiteralString | sql.Composed, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Execute inside Django's transaction; returns the rows, or nothing where there are none."""
    connection.ensure_connection()
    assert connection.connection is not None  # noqa: S101  # told to the type checker: it was ensured above
    query = sql.SQL(statement) if isinstance(statement, str) else statement
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall() if cursor.description else []


def insert(table: LiteralString, columns: Columns, *, otherwise: LiteralString = "") -> None:
    """``INSERT`` all rows. ``otherwise`` is an ``ON CONFLICT`` clause."""
    if not _length(columns):
        return
    statement = sql.SQL("INSERT INTO {} ({}) SELECT * FROM unnest({}) {}").format(
        sql.Identifier(table), _names(columns), _arrays(columns), sql.SQL(otherwise)
    )
    run(statement, [values for _, values in columns.values()])


def update(table: LiteralString, columns: Columns, *, match: Sequence[str] = ("id",)) -> int:
    """``UPDATE`` each row found by the ``match`` columns; returns how many rows changed.

    A column in ``match`` other than the key makes the update conditional: give the old state there, and
    the count says whether somebody was faster.
    """
    if not _length(columns):
        return 0
    changed = [name for name in columns if name not in match and not name.startswith("old_")]
    statement = sql.SQL("UPDATE {} t SET {} FROM unnest({}) AS u({}) WHERE {} RETURNING 1").format(
        sql.Identifier(table),
        sql.SQL(", ").join(sql.SQL("{0} = u.{0}").format(sql.Identifier(name)) for name in changed),
        _arrays(columns),
        _names(columns),
        sql.SQL(" AND ").join(
            sql.SQL("t.{} = u.{}").format(sql.Identifier(name.removeprefix("old_")), sql.Identifier(name))
            for name in match
        ),
    )
    return len(run(statement, [values for _, values in columns.values()]))


def _length(columns: Columns) -> int:
    lengths = {len(values) for _, values in columns.values()}
    if len(lengths) != 1:
        raise ValueError(f"columns of different length: {lengths}")
    return lengths.pop()


def _names(columns: Columns) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in columns)


def _arrays(columns: Columns) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(kind)) for kind, _ in columns.values())
