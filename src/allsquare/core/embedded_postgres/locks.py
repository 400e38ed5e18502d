"""File locks between processes (``flock``): the kernel drops them when their holder ends, even by kill -9."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from allsquare.core.embedded_postgres.errors import EmbeddedPostgresError


def open_private(path: Path, flags: int) -> int:
    """Open or create a 0600 file that belongs to the owner of its directory, and return its descriptor.

    Root may look after the cluster of another user; the file must stay usable to that user afterwards.
    """
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except PermissionError as error:
        message = f"{path.parent} belongs to another user: run as that user, or set ALLSQUARE_HOME elsewhere."
        raise EmbeddedPostgresError(message) from error
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock alone, waiting for it as long as it takes."""
    descriptor = take(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def take(path: Path, operation: int) -> int:
    """Lock ``path`` (``LOCK_EX`` or ``LOCK_SH``), waiting for it; closing the returned descriptor lets go."""
    descriptor = open_private(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, operation)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def is_taken(path: Path) -> bool:
    """Whether somebody holds the lock alone. Several may ask at once without disturbing one another."""
    return not _free_for(path, fcntl.LOCK_SH)


def is_shared(path: Path) -> bool:
    """Whether somebody holds the lock in any way. Ask under another lock: asking takes it for an instant."""
    return not _free_for(path, fcntl.LOCK_EX)


def is_last_holder(descriptor: int) -> bool:
    """Turn a shared lock into an exclusive one: True when nobody else shares it. On False it is lost."""
    return _try(descriptor, fcntl.LOCK_EX)


def _free_for(path: Path, operation: int) -> bool:
    if not path.exists():
        return True
    descriptor = open_private(path, os.O_RDWR)
    try:
        return _try(descriptor, operation)
    finally:
        os.close(descriptor)


def _try(descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
