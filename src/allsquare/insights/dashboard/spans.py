"""Spans of days, and which one is fair to compare with. Pure."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

WEEK: Final = timedelta(days=7)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``start`` to ``end``, both inclusive."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class Compared:
    """A span that is not over yet, and the same days of the one before it."""

    now: Span
    before: Span


def day_of(today: date) -> Compared:
    """The same weekday of last week: few businesses take on a Sunday what they take on a Monday."""
    return Compared(Span(today, today), Span(today - WEEK, today - WEEK))


def week_of(today: date) -> Compared:
    """From Monday (ISO 8601), with the same weekdays of last week."""
    monday = today - timedelta(days=today.weekday())
    return Compared(Span(monday, today), Span(monday - WEEK, today - WEEK))


def month_of(today: date) -> Compared:
    """From the first, with the same days of last month; where that is shorter, with all of it."""
    first = today.replace(day=1)
    last_of_before = first - DAY
    before = last_of_before.replace(day=1)
    days = min(today.day, monthrange(before.year, before.month)[1])
    return Compared(Span(first, today), Span(before, before.replace(day=days)))


def last_weeks(today: date, count: int) -> list[Span]:
    """``count`` weeks, the oldest first; the last is this one up to today."""
    monday = today - timedelta(days=today.weekday())
    starts = [monday - WEEK * back for back in reversed(range(count))]
    return [Span(start, min(start + WEEK - DAY, today)) for start in starts]


def next_days(today: date, days: int) -> list[Span]:
    """From today to ``days`` days ahead, in sevens; the last span is what is left."""
    end = today + timedelta(days=days)
    starts = [today + WEEK * number for number in range(days // 7 + 1)]
    return [Span(start, min(start + WEEK - DAY, end)) for start in starts]
