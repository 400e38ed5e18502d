"""Collect static files when they changed, and only then, so that a server starts fast the second time."""

from __future__ import annotations

import fcntl
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.files.storage import storages
from django.core.management import call_command

_MARK = ".collected"


def ensure_static() -> bool:
    """Make ``settings.STATIC_ROOT`` match the sources; ``True`` when there was something to do.

    Several processes may ask at once: one collects, the others wait for its lock. Files of earlier versions
    stay, since their names carry their hash and an older process may still serve pages that name them.
    """
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    mark = root / _MARK
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = fingerprint()
        if mark.is_file() and mark.read_text(encoding="ascii") == wanted:
            return False
        call_command("collectstatic", interactive=False, verbosity=0, stdout=io.StringIO())
        mark.write_text(wanted, encoding="ascii")
        return True


def fingerprint() -> str:
    """Changes whenever a source file, or the way of storing it, does. It looks at sizes and times only."""
    backend = type(storages["staticfiles"])
    digest = hashlib.sha256(f"{backend.__module__}.{backend.__qualname__}".encode())
    for line in sorted(_sources()):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _sources() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list(None):
            stat = Path(storage.path(name)).stat()
            yield f"{name}\t{stat.st_size}\t{stat.st_mtime_ns}"
