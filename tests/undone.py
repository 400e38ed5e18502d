"""What several tests share is made once, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone() -> Iterator[None]:
    """All of it leaves no trace. Services that must commit may be called in it, as in any test; and a test within it
    that asks for ``db`` undoes what it did itself."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # Django's own name for it
    with block:
        yield
        transaction.set_rollback(True)
