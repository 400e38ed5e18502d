"""Instants come out of the database as they went in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DataError, connection
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.django_db


def one_value(query: str, *params: datetime | str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchone()[0]


def test_what_went_in_comes_out() -> None:
    @given(st.datetimes(timezones=st.timezones()))
    def comes_out(at: datetime) -> None:
        if 1 < at.year < 9999:  # else the zone may lead out of what Python has
            found = one_value("SELECT %s::timestamptz", at)
            assert (found, found.tzinfo) == (at.astimezone(UTC), UTC)

    comes_out()


@pytest.mark.parametrize("words", ["infinity", "-infinity", "0044-03-15 BC", "10000-01-01"])
def test_what_python_has_no_instant_for_is_an_error(words: str) -> None:
    with pytest.raises(DataError):
        one_value("SELECT %s::timestamptz", words)


def test_a_session_elsewhere_gives_the_same_instant() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Kolkata'")
    assert one_value("SELECT '2026-11-28 05:30:00.5+05:30'::timestamptz") == datetime(
        2026, 11, 28, 0, 0, 0, 500_000, tzinfo=UTC
    )
