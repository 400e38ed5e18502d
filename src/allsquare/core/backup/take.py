"""Writing a backup: the database in one snapshot, then the documents that it names.

Documents are kept under the hash of their bytes and never change, so those that the snapshot names are still there,
and what is added meanwhile belongs to the next backup.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from allsquare.core import clock, document_store
from allsquare.core.backup import tables
from allsquare.core.backup.archive import (
    HEAD,
    MANIFEST,
    PART,
    ArchiveWriter,
    Head,
    Manifest,
    Sum,
    Table,
    writing,
)
from allsquare.core.backup.errors import BackupNotWritten
from allsquare.core.backup.sealed import Key
from allsquare.core.backup.secret_keys import marks, secrets

#: What each step tells: a sentence for whoever watches.
Tell = Callable[[str], None]

#: COPY writes what these say; the same on both sides.
PLAIN_WORDS: Final = (
    "SET LOCAL datestyle = 'ISO'",
    "SET LOCAL intervalstyle = 'iso_8601'",
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL extra_float_digits = 3",
    "SET LOCAL client_encoding = 'UTF8'",
)

#: All tables as they are in one moment, whatever is written meanwhile.
_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def backup(target: Path, *, key: Key | None, tell: Tell) -> tuple[Path, Manifest]:
    """Write ``target``, or a file named by the time into it when it is a directory; returns the file.

    It appears under its name only when it is whole and on the disk. Raises :class:`BackupNotWritten`.
    """
    at = clock.now(None)
    path = target / f"allsquare-{at:%Y%m%dT%H%M%SZ}.backup" if target.is_dir() else target
    if path.exists():
        raise BackupNotWritten(_("%(file)s is there already. Nothing was written.") % {"file": path})
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with writing(file, key) as archive:
                manifest = _write(archive, at, with_secrets=key is not None, tell=tell)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise BackupNotWritten(
            _("The backup could not be written to %(file)s: %(why)s. Nothing is left of it.")
            % {"file": path, "why": error.strerror or error}
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path, manifest


def _write(archive: ArchiveWriter, at: datetime, *, with_secrets: bool, tell: Tell) -> Manifest:
    manifest = Manifest()
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(_SNAPSHOT)
            for words in PLAIN_WORDS:
                cursor.execute(words)
        kept = tables.tables()
        archive.add_json(HEAD, _head(at, [table for table, _types in kept], with_secrets=with_secrets))
        if with_secrets:
            for name, secret in secrets().items():
                archive.add(name, secret)
                manifest.secrets[name] = hashlib.sha256(secret).hexdigest()
        places = tables.reader_places()
        for table, types in kept:
            manifest.tables[table.name] = _table(archive, table, types, places)
        tell(
            _("Database: %(rows)s rows in %(tables)s tables.")
            % {"rows": sum(entry.count for entry in manifest.tables.values()), "tables": len(kept)}
        )
        names = list(_document_names())
    manifest.documents = _documents(archive, names)
    tell(_("Documents: %(count)s.") % {"count": manifest.documents.count})
    archive.add_json(MANIFEST, manifest)
    return manifest


def _head(at: datetime, kept: list[Table], *, with_secrets: bool) -> Head:
    migrations: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        migrations.setdefault(app, []).append(name)
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = str(cursor.fetchone()[0])
    return Head(
        version=version("allsquare"),
        taken_at=at.isoformat(),
        server=server,
        migrations=migrations,
        tables=kept,
        sequences=tables.sequences(),
        key_marks=marks(settings.ENCRYPTION_KEYS),
        has_secrets=with_secrets,
    )


def _table(archive: ArchiveWriter, table: Table, types: dict[str, str], places: list[int]) -> Sum:
    digest, result = hashlib.sha256(), Sum()
    with connection.cursor() as cursor:
        with cursor.copy(tables.copy_out(table, types, places)) as rows:
            for number, part in enumerate(_parts(rows)):
                digest.update(part)
                result.size += len(part)
                archive.add(f"tables/{table.name}/{number:06}", part)
        result.count = cursor.rowcount
    result.sha256 = digest.hexdigest()
    return result


def _parts(rows: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    waiting = bytearray()
    for row in rows:
        waiting += row
        if len(waiting) >= PART:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _document_names() -> Iterator[str]:
    """The hashes that the database names, each once, in order."""
    names: set[str] = set()
    for path in settings.ALLSQUARE_DOCUMENT_FIELDS:
        label, _dot, field = path.rpartition(".")
        names.update(
            apps.get_model(label)._base_manager.values_list(field, flat=True).iterator(chunk_size=5000)
        )
    yield from sorted(names - {""})


def _documents(archive: ArchiveWriter, names: list[str]) -> Sum:
    """Raises ``DocumentMissing`` or ``DocumentDamaged``: a backup that lacks one must not look whole."""
    digest, result = hashlib.sha256(), Sum()
    for name in names:
        data = document_store.get(name)
        archive.add(f"documents/{name}", data)
        digest.update(name.encode())
        result.size += len(data)
        result.count += 1
    result.sha256 = digest.hexdigest()
    return result
