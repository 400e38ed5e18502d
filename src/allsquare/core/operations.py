"""Operations of migrations that can be cut off and run again. Migrations may import them, so they never change."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres import operations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class AddIndexConcurrently(operations.AddIndexConcurrently):
    """Django's, for a migration that was cut off: such an index is built outside any transaction, so a part of them may
    be there already, and the one that was under way is there without being usable (``INVALID``) and is made anew."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._ensure_not_in_transaction(schema_editor)
        found = _usable(schema_editor, self.index.name)
        if found:
            return
        if found is False:
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {schema_editor.quote_name(self.index.name)}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)


def _usable(schema_editor: BaseDatabaseSchemaEditor, name: str) -> bool | None:
    """None when there is no such index."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(quote_ident(%s))", [name]
        )
        row: tuple[Any, ...] | None = cursor.fetchone()
    return None if row is None else bool(row[0])
