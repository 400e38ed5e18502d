"""What of a database goes into a backup, and in which words.

Every table of the schema, ours and our libraries', as COPY text: it reads the same in every later PostgreSQL. Left out
are what Django's migrations write by themselves, and what is better made anew (``ALLSQUARE_BACKUP_LEAVES_OUT``).

A transaction's number (``xid8``) means something in one cluster only, and a restored one starts to count anew: an event
from "transaction 5,000,000" would not be read for years, and one written today would count as long read. So the
numbers are replaced by small ones that stand in the same order to the places of the log's readers, which is all that
they are compared with. Every cluster's own count is past them when it is born.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.db import connection
from psycopg import sql

from allsquare.core.backup.archive import Table

#: Written by ``migrate``, on both sides.
_BY_MIGRATIONS: Final = frozenset({"django_migrations"})
_XID: Final = "xid8"


def tables() -> list[tuple[Table, dict[str, str]]]:
    """Each table that is kept, by name, with the types of its columns; generated columns come by themselves."""
    left_out = _BY_MIGRATIONS | set(settings.ALLSQUARE_BACKUP_LEAVES_OUT)
    found: dict[str, dict[str, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
               WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
                   AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
               ORDER BY c.relname, a.attnum"""
        )
        for table, column, kind in cursor.fetchall():
            found.setdefault(table, {})[column] = kind
    return [(Table(name, list(types)), types) for name, types in found.items() if name not in left_out]


def all_table_names() -> list[str]:
    """Those of the schema, left out or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' "
            "ORDER BY relname"
        )
        return [name for (name,) in cursor.fetchall()]


def sequences() -> dict[str, int]:
    """The last number that each has given."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename, last_value FROM pg_sequences "
            "WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY sequencename"
        )
        return dict(cursor.fetchall())


def reader_places() -> list[int]:
    """The transactions up to which the readers of the event log have read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT xact::text FROM event_reader")
        return sorted(int(place) for (place,) in cursor.fetchall())


def copy_out(table: Table, types: dict[str, str], places: Sequence[int]) -> sql.Composed:
    """The statement that gives a table's rows."""
    columns = [
        _small(column, places) if types[column] == _XID else sql.Identifier(column)
        for column in table.columns
    ]
    return sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
        sql.SQL(", ").join(columns), sql.Identifier(table.name)
    )


def _small(column: str, places: Sequence[int]) -> sql.Composed:
    """``1`` before the first place, ``2`` at it, ``3`` between it and the next …"""
    cases: list[sql.Composable] = [sql.SQL("CASE")]
    name = sql.Identifier(column)
    for at, place in enumerate(places):
        case = "WHEN {c} < {p}::xid8 THEN {below} WHEN {c} = {p}::xid8 THEN {at}"
        cases.append(
            sql.SQL(case).format(
                c=name, p=sql.Literal(str(place)), below=sql.Literal(2 * at + 1), at=sql.Literal(2 * at + 2)
            )
        )
    cases.append(sql.SQL("WHEN {} IS NULL THEN NULL").format(name))
    cases.append(sql.SQL("ELSE {} END").format(sql.Literal(2 * len(places) + 1)))
    return sql.SQL(" ").join(cases)


def copy_in(table: Table) -> sql.Composed:
    """The statement that takes them."""
    return sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
