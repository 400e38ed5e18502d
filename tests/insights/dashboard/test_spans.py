from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.insights.dashboard.spans import Span, day_of, last_weeks, month_of, next_days, week_of


def d(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("today", "before"),
    [
        ("2026-11-27", ("2026-10-01", "2026-10-27")),
        ("2026-03-31", ("2026-02-01", "2026-02-28")),  # the month before has no 31st
        ("2028-03-31", ("2028-02-01", "2028-02-29")),
        ("2026-03-28", ("2026-02-01", "2026-02-28")),
        ("2026-01-01", ("2025-12-01", "2025-12-01")),
        ("2026-02-28", ("2026-01-01", "2026-01-28")),  # the end of a month against the same day, not its end
    ],
)
def test_a_month_is_compared_with_the_same_days_of_the_last(today: str, before: tuple[str, str]) -> None:
    compared = month_of(d(today))
    assert compared.now == Span(d(today).replace(day=1), d(today))
    assert compared.before == Span(*map(d, before))


def test_a_week_begins_on_monday_and_is_compared_with_the_same_weekdays() -> None:
    assert week_of(d("2026-11-27")).now == Span(d("2026-11-23"), d("2026-11-27"))  # a Friday
    assert week_of(d("2026-11-27")).before == Span(d("2026-11-16"), d("2026-11-20"))
    monday = week_of(d("2026-11-23"))
    assert (monday.now, monday.before) == (
        Span(d("2026-11-23"), d("2026-11-23")),
        Span(d("2026-11-16"), d("2026-11-16")),
    )
    assert week_of(d("2027-01-01")).now.start == d("2026-12-28")


def test_a_day_is_compared_with_the_same_weekday() -> None:
    assert day_of(d("2026-11-27")).before == Span(d("2026-11-20"), d("2026-11-20"))


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_weeks_and_days_ahead_leave_no_gap_and_count_no_day_twice(today: date) -> None:
    for spans, first, last in (
        (last_weeks(today, 12), None, today),
        (next_days(today, 30), today, today + timedelta(days=30)),
    ):
        assert spans[-1].end == last
        assert first in (None, spans[0].start)
        for one, following in pairwise(spans):
            assert one.end + timedelta(days=1) == following.start
            assert one.end - one.start == timedelta(days=6)
    compared = month_of(today)
    assert compared.before.end < compared.now.start
    assert min(compared.before.start, week_of(today).before.start) <= last_weeks(today, 12)[-2].start
    # What the comparisons need is never older than what is read.
    assert compared.before.start >= last_weeks(today, 12)[0].start
