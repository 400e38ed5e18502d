"""What a test of real commits leaves in the database is taken away: quickly, for there are hundreds of them.

Django truncates all tables, full or empty, which makes six hundred files anew, and then fills in what belongs to
models (content types, permissions), by two hundred statements. Here the rows are deleted from the few tables that have
any; only when one has grown by many deletions are all made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

import psycopg
from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg import sql

#: What migrations write, and no test changes.
_KEPT: Final = ["django_migrations", "django_content_type", "auth_permission"]
#: Bytes of a table from which on it is made anew.
_GROWN: Final = 2_000_000
_TRIES: Final = 6

_TABLES: Final = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relname = ANY (%s) ORDER BY relname
"""
#: What may never be taken away, in any installation, may be here.
_GUARDS: Final = "SELECT array_agg(tgname)::text FROM pg_trigger WHERE starts_with(tgname, 'pgtrigger_')"


@dataclass(frozen=True)
class Emptying:
    """Of the database of one worker."""

    _tables: list[str]
    _guards: str

    @classmethod
    def learned(cls) -> Emptying:
        """Which tables there are, before any test makes one of its own."""
        with connection.cursor() as cursor:
            cursor.execute(_TABLES, [_KEPT])
            tables = [name for (name,) in cursor.fetchall()]
            cursor.execute(_GUARDS)
            [(guards,)] = cursor.fetchall()
        return cls(tables, guards)

    def run(self) -> None:
        """A request that a closed browser had still under way can get in between: then it is done once more, as any
        transaction is."""
        for time in range(1, _TRIES + 1):
            try:
                with transaction.atomic():
                    self._once()
                return
            except (OperationalError, IntegrityError) as error:
                met = isinstance(error, IntegrityError) or isinstance(
                    error.__cause__, psycopg.errors.DeadlockDetected
                )
                if time == _TRIES or not met:
                    raise

    def _once(self) -> None:
        with connection.cursor() as cursor:
            # Who is still writing ends first, whatever the table.
            cursor.execute(_of("LOCK TABLE {} IN EXCLUSIVE MODE", self._tables))
            each = "SELECT {name}, pg_relation_size(quote_ident({name})) > %s WHERE EXISTS (SELECT 1 FROM {table})"
            asked = [
                sql.SQL(each).format(name=sql.Literal(name), table=sql.Identifier(name))
                for name in self._tables
            ]
            cursor.execute(sql.SQL(" UNION ALL ").join(asked), [_GROWN] * len(asked))
            found = cursor.fetchall()
            if any(grown for _name, grown in found):
                cursor.execute(_of("TRUNCATE {}", self._tables))
            elif found:
                cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [self._guards])
                cursor.execute(sql.SQL("; ").join(_of("DELETE FROM {}", [name]) for name, _grown in found))


def _of(words: LiteralString, tables: Sequence[str]) -> sql.Composed:
    return sql.SQL(words).format(sql.SQL(", ").join(map(sql.Identifier, tables)))
