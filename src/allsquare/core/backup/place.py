"""Where a backup may be restored to: a database without rows, of the same tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from psycopg import sql

from allsquare.core.backup.archive import Head
from allsquare.core.backup.errors import RestoreRefused
from allsquare.core.backup.tables import all_table_names

#: A table that is there while a restore is under way, and stays when it was cut off.
UNFINISHED: Final = "restore_unfinished"
#: What setting up the tables writes by itself.
_WRITTEN_BY_SETUP: Final = frozenset(
    {"django_migrations", "django_content_type", "auth_permission", "procrastinate_periodic_defers"}
)


def is_unfinished() -> bool:
    """Whether a restore into this database was cut off: what is there is not to be worked with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [UNFINISHED])
        return bool(cursor.fetchone()[0])


def require_whole() -> None:
    """Raises :class:`RestoreRefused` where a restore was cut off."""
    if is_unfinished():
        raise RestoreRefused(
            _(
                "A restore into this database was cut off, so it must not be used. Remove the database (of the "
                "embedded one: the folder postgres in ALLSQUARE_HOME) and restore again."
            )
        )


def require_fit(head: Head) -> None:
    """Raises :class:`RestoreRefused` when the place has rows, or tables of another state. Changes nothing."""
    require_whole()
    filled = [name for name in all_table_names() if name not in _WRITTEN_BY_SETUP and _has_rows(name)]
    if filled:
        raise RestoreRefused(
            _(
                "The database is not empty (%(tables)s). A restore never overwrites: set ALLSQUARE_HOME to an empty "
                "folder, or DATABASE_URL to an empty database."
            )
            % {"tables": ", ".join(filled[:5])}
        )
    executor = MigrationExecutor(connection)
    known = set(executor.loader.graph.nodes)
    wanted = {(app, name) for app, names in head.migrations.items() for name in names}
    if wanted - known:
        raise RestoreRefused(
            _("This backup was made by a later version (%(version)s). Install that version, then restore.")
            % {"version": head.version}
        )
    if set(executor.loader.applied_migrations) - wanted:
        raise RestoreRefused(
            _(
                "The tables of this empty database are newer than the backup. Restore into a database without tables: "
                "of the embedded one remove the folder postgres in ALLSQUARE_HOME."
            )
        )


def migrate_to(migrations: Mapping[str, Sequence[str]]) -> None:
    """Make the tables as they were when the backup was taken."""
    executor = MigrationExecutor(connection)
    wanted = {(app, name) for app, names in migrations.items() for name in names}
    children = executor.loader.graph.node_map
    ends = [
        node
        for node in sorted(wanted)
        if not any(child.key[0] == node[0] and child.key in wanted for child in children[node].children)
    ]
    executor.migrate(ends)


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table)))
        return bool(cursor.fetchone()[0])
