"""Files that must never change, kept under the SHA-256 of their bytes.

An issued PDF is named in the database by its hash, so what comes back is what went in or an error, whatever
happened to the disk. Keeping the same bytes again changes nothing. The place is Django's storage
``documents``: :class:`LocalDocuments` on one machine, S3 through django-storages on several.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Final

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.translation import gettext as _

from allsquare.core.errors import AllsquareError, NotFound

_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class DocumentMissing(NotFound):
    """No document is kept under this hash."""

    code = "document_missing"


class DocumentDamaged(AllsquareError):
    """The bytes that are kept are not those that were put there. Restore the file from a backup."""

    code = "document_damaged"
    status = 500


def put(data: bytes) -> str:
    """Keep the bytes and give the name under which :func:`get` finds them: their SHA-256 in hex.

    When this returns the bytes are on the disk. Repeats are harmless, in other processes at the same time
    too; a damaged file is replaced by the sound one.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    storage, name = storages["documents"], _name(sha256)
    if _read(storage, name) == data:
        return sha256
    if storage.exists(name):
        storage.delete(name)
    kept_as = storage.save(name, ContentFile(data))
    if kept_as != name:
        # Somebody else kept the same bytes in the meantime, so the storage gave ours another name.
        storage.delete(kept_as)
    return sha256


def get(sha256: str) -> bytes:
    """The bytes that were put. Raises :class:`DocumentMissing` or :class:`DocumentDamaged`, never wrong
    bytes."""
    data = _read(storages["documents"], _name(sha256))
    if data is None:
        raise DocumentMissing(_("This document is not in the document store."), sha256=sha256)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DocumentDamaged(
            _("This document was changed or damaged after it was stored. Restore it from a backup."),
            sha256=sha256,
        )
    return data


class LocalDocuments(FileSystemStorage):
    """A directory in which a file appears whole or not at all, whatever is killed or loses power."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: two files of one name have the same bytes here."""
        return name

    def _save(self, name: str, content: File[bytes]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as file:
            unfinished = Path(file.name)
            try:
                file.writelines(content.chunks())
                file.flush()
                os.fsync(file.fileno())
                unfinished.replace(target)
            except BaseException:
                unfinished.unlink()
                raise
        for directory in (target.parent, *target.parent.parents):
            _sync(directory)
            if directory == Path(self.location):
                break
        return name


def _sync(directory: Path) -> None:
    """Put the names in a directory on the disk; the files in it were put there before."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _name(sha256: str) -> str:
    """Two levels of directories keep each of them small; the check keeps a foreign text from becoming a
    path."""
    if _SHA256.fullmatch(sha256) is None:
        raise DocumentMissing(_("That is not the name of a document."))
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _read(storage: Storage, name: str) -> bytes | None:
    try:
        with storage.open(name) as file:
            data: bytes = file.read()
    except FileNotFoundError:
        return None
    return data
