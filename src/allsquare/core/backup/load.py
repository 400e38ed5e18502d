"""Putting a backup into an empty place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from psycopg import sql

from allsquare.core import document_store
from allsquare.core.backup.archive import Head, Table, reading
from allsquare.core.backup.check import Checked, check
from allsquare.core.backup.errors import BackupDamaged, RestoreFailed
from allsquare.core.backup.place import UNFINISHED, migrate_to, require_fit
from allsquare.core.backup.sealed import Key
from allsquare.core.backup.secret_keys import check_keys, keep_secrets
from allsquare.core.backup.tables import copy_in
from allsquare.core.backup.take import PLAIN_WORDS, Tell
from allsquare.core.migrating import MigrationBlocked, MigrationTooLong, migrate
from allsquare.core.restoration import begin

_FOREIGN_KEYS: Final = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace AND contype = 'f' ORDER BY conname
"""


def restore(path: Path, *, key: Key | None, tell: Tell) -> Checked:
    """Everything is checked before anything is changed. All rows come in one transaction; the tables are then brought
    to this version, and everybody who must not repeat what was done since is told (``ALLSQUARE_AFTER_RESTORE``).

    Raises :class:`BackupDamaged`, :class:`BackupKeyWrong`, :class:`RestoreRefused`, :class:`RestoreFailed`.
    """
    checked = check(path, key=key)
    head = checked.head
    tell(_("The backup of %(time)s is whole.") % {"time": head.taken_at})
    require_fit(head)
    check_keys(head.key_marks, brought=head.has_secrets)
    try:
        migrate_to(head.migrations)
        _load(path, key, head)
        tell(_("Everything is in. The tables are being brought to this version."))
        migrate(tell=tell)
        with transaction.atomic(durable=True):
            taken_at = datetime.fromisoformat(head.taken_at)
            begin(taken_at=taken_at)
            for hold in _holds():
                hold(taken_at)
            _run(sql.SQL("DROP TABLE {}").format(sql.Identifier(UNFINISHED)))
    except (DatabaseError, MigrationBlocked, MigrationTooLong, psycopg.Error, OSError) as error:
        raise RestoreFailed(
            _("The backup could not be restored: %(why)s. Make room or mend this, then restore again.")
            % {"why": " ".join(str(error).split())}
        ) from error
    return checked


def _holds() -> Iterator[Callable[[datetime], None]]:
    """Each is called in the transaction that ends the restore, with the time of the backup."""
    for path in settings.ALLSQUARE_AFTER_RESTORE:
        hold: Callable[[datetime], None] = import_string(path)
        yield hold


def _load(path: Path, key: Key | None, head: Head) -> None:
    tables = {table.name: table for table in head.tables}
    secrets: dict[str, bytes] = {}
    with transaction.atomic(durable=True):
        _run(sql.SQL("CREATE TABLE {} (since text)").format(sql.Identifier(UNFINISHED)))
        for words in PLAIN_WORDS:
            _run(sql.SQL(words))
        with _unguarded(list(tables)), reading(path, key) as parts:
            for kind, group in groupby(parts, key=lambda part: _kind(part[0])):
                if kind.startswith("tables/"):
                    _fill(tables[kind.removeprefix("tables/")], (data for _name, data in group))
                    continue
                for name, data in group:
                    if kind == "documents" and document_store.put(data) != name.rpartition("/")[2]:
                        raise BackupDamaged(_("The backup was changed while it was restored."))
                    if kind == "secrets":
                        secrets[name] = data
        for name, last in head.sequences.items():
            with connection.cursor() as cursor:
                cursor.execute("SELECT setval(quote_ident(%s)::regclass, %s)", [name, last])
        keep_secrets(secrets)


def _kind(name: str) -> str:
    """A table's parts are taken in together."""
    return name.rpartition("/")[0]


def _fill(table: Table, parts: Iterator[bytes]) -> None:
    with connection.cursor() as cursor, cursor.copy(copy_in(table)) as rows:
        for part in parts:
            rows.write(part)


@contextmanager
def _unguarded(names: Sequence[str]) -> Iterator[None]:
    """Guards watch over new facts; these are old ones, as they were. Foreign keys are asked at the end, all at once."""
    tables = sql.SQL(", ").join(map(sql.Identifier, names))
    with connection.cursor() as cursor:
        cursor.execute(_FOREIGN_KEYS)
        keys: list[tuple[Any, ...]] = cursor.fetchall()
    _run(sql.SQL("TRUNCATE {} CASCADE").format(tables))
    for name in names:
        _run(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(name)))
    for table, constraint, _definition in keys:
        _run(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.SQL(table), sql.Identifier(constraint)))
    yield
    for table, constraint, definition in keys:
        _run(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                sql.SQL(table), sql.Identifier(constraint), sql.SQL(definition)
            )
        )
    for name in names:
        _run(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(name)))


def _run(statement: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
