"""The file: a tar of parts that are read and written one after the other, none of them larger than memory likes."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from django.utils.translation import gettext as _

from allsquare.core.backup.errors import BackupDamaged, RestoreRefused
from allsquare.core.backup.sealed import MAGIC, Key, SealedReader, SealedWriter

FORMAT: Final = 1
HEAD: Final = "head.json"
MANIFEST: Final = "manifest.json"
#: Bytes of one part. A document may be larger; it is kept as it is.
PART: Final = 4 * 1024 * 1024
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: list[str]


@dataclass(frozen=True, slots=True)
class Head:
    """What is known before the first row is read."""

    version: str
    taken_at: str
    server: str
    migrations: dict[str, list[str]]
    tables: list[Table]
    sequences: dict[str, int]
    #: Marks of the encryption keys, by which a restore knows whether it has them (see ``secret_keys``).
    key_marks: list[str]
    has_secrets: bool
    format: int = FORMAT


@dataclass(slots=True)
class Sum:
    """Of one table, or of all documents: for documents the digest is over their names, which are their own hashes."""

    sha256: str = ""
    size: int = 0
    count: int = 0


@dataclass(slots=True)
class Manifest:
    """What was written, known at the end."""

    tables: dict[str, Sum] = field(default_factory=dict)
    documents: Sum = field(default_factory=Sum)
    secrets: dict[str, str] = field(default_factory=dict)


class ArchiveWriter:
    """Adds parts; nothing but the part at hand is kept in memory."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), 0o600
        self._tar.addfile(info, io.BytesIO(data))

    def add_json(self, name: str, value: Head | Manifest) -> None:
        self.add(name, json.dumps(asdict(value), indent=1, sort_keys=True).encode())


@contextmanager
def writing(file: IO[bytes], key: Key | None) -> Iterator[ArchiveWriter]:
    """The end of the file is written when the block ends well, and never when it does not."""
    outlet = _Outlet(file)
    sealed = SealedWriter(outlet, key) if key else None
    zipped = gzip.GzipFile(fileobj=sealed or outlet, mode="wb", compresslevel=3, mtime=0)
    tar = tarfile.open(fileobj=zipped, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115  # closed below
    try:
        yield ArchiveWriter(tar)
    except BaseException:
        outlet.shut()
        raise
    finally:
        tar.close()
        zipped.close()
    if sealed:
        sealed.finish()


class _Outlet(io.BufferedIOBase):
    """Once shut it swallows what libraries still write when they are closed, so that no end is written by them."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file: IO[bytes] | None = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        return self._file.write(data) if self._file else len(data)

    def shut(self) -> None:
        self._file = None


@contextmanager
def reading(path: Path, key: Key | None) -> Iterator[Iterator[tuple[str, bytes]]]:
    """The parts by name, in order. Raises :class:`BackupDamaged` and :class:`BackupKeyWrong`."""
    try:
        with path.open("rb") as file:
            begin = file.read(len(MAGIC))
            plain: IO[bytes]
            if begin == MAGIC:
                plain = io.BufferedReader(SealedReader(file, key), 4 * 65536)
            elif begin.startswith(_GZIP):
                file.seek(0)
                plain = file
            else:
                raise BackupDamaged(_("%(file)s is no backup of Allsquare.") % {"file": path})
            with gzip.GzipFile(fileobj=plain, mode="rb") as zipped:
                with tarfile.open(fileobj=zipped, mode="r|") as tar:
                    yield _parts(tar)
                while zipped.read(PART):
                    """To the end: that nothing was cut off or added is known there only."""
            if plain.read(1):
                raise BackupDamaged(_("Something was added behind the end of this backup."))
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BackupDamaged(
            _("This backup is damaged or cut off (%(why)s). Use another copy.") % {"why": error}
        ) from error


def _parts(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for info in tar:
        content = tar.extractfile(info)
        if content is None:
            raise BackupDamaged(_("This backup holds something that is no file. Use another copy."))
        yield info.name, content.read()


def read_head(data: bytes) -> Head:
    """Raises :class:`BackupDamaged`, :class:`RestoreRefused` for a format of a later version."""
    value = _object(data)
    if value.get("format") != FORMAT:
        raise RestoreRefused(
            _("This backup was made by a later version (%(version)s). Install that version, then restore.")
            % {"version": value.get("version", "?")}
        )
    try:
        return Head(**{**value, "tables": [Table(**table) for table in value["tables"]]})
    except (KeyError, TypeError) as error:
        raise _unreadable() from error


def read_manifest(data: bytes) -> Manifest:
    """Raises :class:`BackupDamaged`."""
    value = _object(data)
    try:
        return Manifest(
            tables={name: Sum(**entry) for name, entry in value["tables"].items()},
            documents=Sum(**value["documents"]),
            secrets=dict(value["secrets"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unreadable() from error


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise _unreadable() from error
    if not isinstance(value, dict):
        raise _unreadable()
    return value


def _unreadable() -> BackupDamaged:
    return BackupDamaged(_("The list of contents of this backup cannot be read. Use another copy."))
