"""The part file of an export: one JSON array a line, good up to the byte that the export's row names."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings

#: What a cell is (see ``connect.rows``) and its text; ``None`` for nothing.
Record = list[tuple[str, str] | None]


class PartFile:
    """Each run has its own, so that a worker that was taken for dead cannot spoil what goes on without it."""

    def __init__(self, export_id: UUID, run: UUID | None) -> None:
        self._export_id = export_id
        self._path = self._of(run)

    def _of(self, run: UUID | None) -> Path:
        return Path(settings.HOME) / "export-parts" / f"{self._export_id}.{run}"

    def take_over(self, before: UUID | None, size: int) -> bool:
        """Begin with what the run ``before`` had good; ``False`` when this machine does not have that much of it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        old = self._of(before)
        if before is None or not old.exists() or old.stat().st_size < size:
            self._path.write_bytes(b"")
            return size == 0
        with old.open("rb") as source, self._path.open("wb") as target:
            _copy(source, target, size)
        old.unlink()
        return True

    @contextmanager
    def writing(self) -> Iterator[PartWriter]:
        with self._path.open("ab") as file:
            yield PartWriter(file)

    def records(self) -> Iterator[Record]:
        """From the beginning, one at a time."""
        with self._path.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)


class PartWriter:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, record: Record) -> None:
        self._file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def flushed(self) -> int:
        """Bytes that are on the disk by now."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    while size > 0 and (data := source.read(min(size, 1 << 20))):
        target.write(data)
        size -= len(data)
