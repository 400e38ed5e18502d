from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from allsquare.core import clock
from allsquare.core.models import RateCounter
from allsquare.core.ratelimit import Limit, take, wait

THREE = Limit("test", most=3, within=timedelta(minutes=10))


@pytest.mark.django_db
def test_the_first_tries_are_free_and_the_next_must_wait() -> None:
    assert wait(THREE, "a") == 0
    assert [take(THREE, "a") for _ in range(5)] == [True, True, True, False, False]
    assert 595 <= wait(THREE, "a") <= 601


@pytest.mark.django_db
def test_others_and_other_limits_are_not_touched() -> None:
    for _ in range(3):
        take(THREE, "a")
    assert wait(THREE, "b") == 0
    assert wait(Limit("other", most=3, within=timedelta(minutes=10)), "a") == 0
    assert take(THREE, "b")


@pytest.mark.django_db
def test_when_its_time_is_over_counting_begins_anew_and_old_counters_are_swept_away() -> None:
    for subject in ("a", "gone"):
        for _ in range(4):
            take(THREE, subject)
    RateCounter.objects.update(ends_at=clock.now(None) - timedelta(seconds=1))
    assert wait(THREE, "a") == 0
    assert [take(THREE, "a") for _ in range(4)] == [True, True, True, False]
    assert [counter.key for counter in RateCounter.objects.all()] == ["test:a"]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_get_through_than_may() -> None:
    def try_once(_: int) -> bool:
        try:
            return take(THREE, "crowd")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_once, range(40))) == 3


@pytest.mark.django_db
def test_the_table_costs_no_write_ahead_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'rate_counter'")
        assert cursor.fetchone() == ("u",)
