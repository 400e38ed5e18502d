from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from allsquare.core.garbage import keep_what_is_loaded


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_loaded_is_looked_at_no_more_and_new_garbage_is_found() -> None:
    before = gc.get_freeze_count()
    keep_what_is_loaded()
    assert gc.get_freeze_count() > before + 100_000
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1
