"""Integrity hashes: a page runs a script only if its bytes are those that we meant."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static


def asset(name: str) -> tuple[str, str]:
    """Address and Subresource Integrity value of the static file ``name`` (W3C SRI, SHA-384).

    The value is empty while the file cannot be found (front-end files not fetched yet).
    """
    address = static(name)
    path = _served_file(name)
    if path is None:
        return address, ""
    stat = path.stat()
    return address, _integrity(str(path), stat.st_mtime_ns, stat.st_size)


def _served_file(name: str) -> Path | None:
    """The file that will go over the wire: collected under its hashed name, or still at its source."""
    if hasattr(staticfiles_storage, "stored_name") and not settings.DEBUG:
        return Path(staticfiles_storage.path(staticfiles_storage.stored_name(name)))
    found = finders.find(name)
    return Path(found) if found else None


@lru_cache(maxsize=256)
def _integrity(path: str, modified_ns: int, size: int) -> str:
    digest = hashlib.sha384(Path(path).read_bytes()).digest()
    return "sha384-" + base64.b64encode(digest).decode()
