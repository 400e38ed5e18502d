from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, storages
from pytest_django import Settings

from allsquare.core import document_store
from allsquare.core.document_store import DocumentDamaged, DocumentMissing

LOCAL = "allsquare.core.document_store.LocalDocuments"


class Overtaken(InMemoryStorage):
    """A storage in which somebody else always keeps the same name a moment before us."""

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        super().save(name, ContentFile(content.read()), max_length)
        content.seek(0)
        return super().save(name, content, max_length)


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    place = tmp_path / "documents"
    settings.STORAGES = {"documents": {"BACKEND": LOCAL, "OPTIONS": {"location": place}}}
    return place


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 \x00\xff", b"x" * 300_000])
def test_what_was_put_comes_back_under_its_hash(folder: Path, data: bytes) -> None:
    sha256 = document_store.put(data)

    assert sha256 == hashlib.sha256(data).hexdigest()
    assert document_store.get(sha256) == data
    assert [path.name for path in files(folder)] == [sha256]


def test_putting_again_does_not_touch_the_file(folder: Path) -> None:
    document_store.put(b"invoice")
    before = files(folder)[0].stat()

    document_store.put(b"invoice")

    after = files(folder)[0].stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("damage", [b"", b"invoicf", b"invoice and more"])
def test_changed_bytes_are_never_given_out_and_putting_again_heals(folder: Path, damage: bytes) -> None:
    sha256 = document_store.put(b"invoice")
    files(folder)[0].write_bytes(damage)

    with pytest.raises(DocumentDamaged):
        document_store.get(sha256)

    document_store.put(b"invoice")
    assert document_store.get(sha256) == b"invoice"


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64, "0" * 64 + "\n"])
def test_an_unknown_or_foreign_name_is_missing(folder: Path, name: str) -> None:
    with pytest.raises(DocumentMissing):
        document_store.get(name)


@pytest.mark.parametrize(("owner", "call"), [(os, "fsync"), (Path, "replace")])
def test_a_write_that_fails_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch, owner: object, call: str
) -> None:
    def disk_full(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(owner, call, disk_full)
        with pytest.raises(OSError, match="No space left"):
            document_store.put(b"invoice")

    assert files(folder) == []
    assert document_store.get(document_store.put(b"invoice")) == b"invoice"


def test_the_name_appears_only_after_the_bytes_are_on_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, seen = os.fsync, []

    def watch(handle: int) -> None:
        seen.append((Path(f"/proc/self/fd/{handle}").readlink(), [path.name for path in files(folder)]))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watch)
    sha256 = document_store.put(b"invoice")

    (_, names_at_first), *directories = seen
    assert sha256 not in names_at_first
    target = files(folder)[0]
    assert [path for path, _ in directories] == [target.parent, target.parent.parent, folder]
    assert all(names == [sha256] for _, names in directories)


def test_many_at_once_keep_one_file(folder: Path) -> None:
    data = os.urandom(100_000)
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(document_store.put, [data] * 40))

    assert len(names) == 1
    assert document_store.get(names.pop()) == data
    assert len(files(folder)) == 1


def test_a_storage_that_gives_way_keeps_one_file_too(settings: Settings) -> None:
    settings.STORAGES = {"documents": {"BACKEND": f"{__name__}.Overtaken"}}
    storage = storages["documents"]
    assert isinstance(storage, Overtaken)

    sha256 = document_store.put(b"invoice")

    assert document_store.get(sha256) == b"invoice"
    assert storage.listdir(f"{sha256[:2]}/{sha256[2:4]}") == ([], [sha256])
