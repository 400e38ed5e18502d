"""A cache that all processes share, and that tells one of many that they were first."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from allsquare.core import clock
from allsquare.core.models import CacheEntry
from allsquare.core.shared_cache import SharedCache

pytestmark = pytest.mark.django_db


def test_it_is_the_cache_that_libraries_get() -> None:
    assert isinstance(cache._connections[cache._alias], SharedCache)  # type: ignore[attr-defined]  # Django's proxy


def test_values_come_back_until_their_end() -> None:
    cache.set("kept", [1.5, 2], timeout=60)
    cache.set("over", "y", timeout=0)
    cache.set("for-ever", {"a": True}, timeout=None)
    assert cache.get_many(["kept", "over", "for-ever"]) == {"kept": [1.5, 2], "for-ever": {"a": True}}
    assert cache.get("missing", "default") == "default"
    assert "kept" in cache
    cache.set("count", 1)
    assert cache.incr("count") == 2


def test_only_the_first_adds_until_it_is_over() -> None:
    assert cache.add("code", "y", timeout=60)
    assert not cache.add("code", "other", timeout=60)
    assert cache.get("code") == "y"
    CacheEntry.objects.update(ends_at=clock.now(None))
    assert cache.add("code", "again", timeout=60)
    assert cache.get("code") == "again"


def test_touch_delete_and_clear() -> None:
    cache.set("a", 1, timeout=30)
    assert cache.touch("a", 60)
    assert not cache.touch("missing", 60)
    assert cache.delete("a")
    assert not cache.delete("a")
    cache.set("b", 1)
    cache.clear()
    assert not CacheEntry.objects.exists()


def test_what_is_over_is_swept_away() -> None:
    for number in range(5):
        cache.set(f"old-{number}", 1, timeout=0)
    cache.add("new", 1)
    assert CacheEntry.objects.count() == 1


def test_only_json_is_kept() -> None:
    with pytest.raises(TypeError):
        cache.set("object", object())
