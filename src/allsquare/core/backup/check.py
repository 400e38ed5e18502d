"""Reading a backup from its first to its last byte: everything is there, and everything is what was written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from allsquare.core.backup.archive import (
    HEAD,
    MANIFEST,
    Head,
    Manifest,
    Sum,
    read_head,
    read_manifest,
    reading,
)
from allsquare.core.backup.errors import BackupDamaged
from allsquare.core.backup.sealed import Key


@dataclass(frozen=True, slots=True)
class Checked:
    head: Head
    manifest: Manifest


class _Sums:
    """What is really there, added up while it goes by."""

    def __init__(self) -> None:
        self.tables: dict[str, Sum] = {}
        self.secrets: dict[str, str] = {}
        self.documents = Sum()
        self._of_tables = {"": hashlib.sha256()}
        self._of_documents = hashlib.sha256()

    def add(self, name: str, data: bytes) -> None:
        kind, _slash, rest = name.partition("/")
        if kind == "tables":
            table, _slash, number = rest.partition("/")
            entry = self.tables.setdefault(table, Sum())
            if int(number) != entry.count:
                raise BackupDamaged(_("Parts of the table %(table)s are missing.") % {"table": table})
            entry.count += 1
            entry.size += len(data)
            self._of_tables.setdefault(table, hashlib.sha256()).update(data)
        elif kind == "documents":
            if hashlib.sha256(data).hexdigest() != rest:
                raise BackupDamaged(_("The document %(name)s in this backup is damaged.") % {"name": rest})
            self._of_documents.update(rest.encode())
            self.documents.count += 1
            self.documents.size += len(data)
        elif kind == "secrets":
            self.secrets[name] = hashlib.sha256(data).hexdigest()
        else:
            raise BackupDamaged(_("This backup holds %(name)s, which is unknown.") % {"name": name})

    def compare(self, head: Head, told: Manifest) -> None:
        self.documents.sha256 = self._of_documents.hexdigest()
        wrong = [table.name for table in head.tables if not self._same(table.name, told.tables)]
        wrong += sorted({*self.tables, *told.tables} - {table.name for table in head.tables})
        if self.documents != told.documents:
            wrong.append("documents")
        if self.secrets != told.secrets:
            wrong.append("secrets")
        if wrong:
            raise BackupDamaged(
                _("The checksum is wrong of: %(what)s. Use another copy.") % {"what": ", ".join(wrong)}
            )

    def _same(self, name: str, told: dict[str, Sum]) -> bool:
        found = self.tables.get(name, Sum())
        digest = self._of_tables.get(name, self._of_tables[""]).hexdigest()
        return name in told and (told[name].sha256, told[name].size) == (digest, found.size)


def check(path: Path, *, key: Key | None) -> Checked:
    """Raises :class:`BackupDamaged`, :class:`BackupKeyWrong`; returns what the backup holds when all is well."""
    if not path.is_file():
        raise BackupDamaged(_("There is no file %(file)s.") % {"file": path})
    sums = _Sums()
    manifest: Manifest | None = None
    with reading(path, key) as parts:
        first, data = next(parts, ("", b""))
        if first != HEAD:
            raise BackupDamaged(_("%(file)s is no backup of Allsquare.") % {"file": path})
        head = read_head(data)
        for name, data in parts:
            if manifest is not None:
                raise BackupDamaged(_("Something was added behind the end of this backup."))
            if name == MANIFEST:
                manifest = read_manifest(data)
            else:
                sums.add(name, data)
    if manifest is None:
        raise BackupDamaged(_("This backup has no end: it was cut off. Use another copy."))
    sums.compare(head, manifest)
    return Checked(head, manifest)
