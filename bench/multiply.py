"""Many rows like one that the real services made: every column as in the pattern, but those that are told.

So a column that is added to a table tomorrow is filled as the services fill it, and nothing here needs to know it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString
from uuid import UUID

from django.db import connection
from psycopg import sql

from allsquare.core import bulk

#: Filled by the database for each transaction.
_OWN = frozenset({"xact"})


def multiply(
    table: LiteralString,
    like: UUID,
    *,
    source: LiteralString,
    columns: Mapping[LiteralString, LiteralString],
    parameters: Sequence[Any] = (),
) -> int:
    """One row for each of ``source`` (a FROM item called ``s``, with what follows it); returns how many.

    ``columns`` are expressions over ``s`` and over the pattern row ``p``.
    """
    with connection.cursor() as cursor:
        description = connection.introspection.get_table_description(cursor, table)
    names = [column.name for column in description if column.name not in _OWN]
    unknown = columns.keys() - set(names)
    if unknown:
        raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}")
    values = [
        sql.SQL(columns[name]) if name in columns else sql.SQL("p.{}").format(sql.Identifier(name))
        for name in names
    ]
    statement = sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {values} "
        "FROM (SELECT * FROM {table} WHERE id = '{like}') p CROSS JOIN {source}"
    ).format(
        table=sql.Identifier(table),
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        values=sql.SQL(", ").join(values),
        like=sql.SQL(str(like)),
        source=sql.SQL(source),
    )
    return bulk.send(statement, parameters).count
