from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from allsquare.core import clock


@dataclass(frozen=True)
class Place:
    time_zone: str
    clock_offset: timedelta = timedelta(0)


def test_the_machine_and_an_organization_agree_but_in_rehearsal() -> None:
    before = clock.now(None)
    plain, ahead = clock.now(Place("Asia/Tokyo")), clock.now(Place("Asia/Tokyo", timedelta(days=40)))
    after = clock.now(None)
    assert before <= plain <= after
    assert before + timedelta(days=40) <= ahead <= after + timedelta(days=40)
    assert before.tzinfo is plain.tzinfo is ahead.tzinfo is UTC


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("2026-12-31T23:30:00", "Europe/Berlin", date(2027, 1, 1)),
        ("2026-12-31T23:30:00", "America/New_York", date(2026, 12, 31)),
        ("2026-03-01T09:59:00", "Pacific/Kiritimati", date(2026, 3, 1)),
        ("2026-03-01T10:00:00", "Pacific/Kiritimati", date(2026, 3, 2)),
        ("2028-02-29T11:00:00", "Pacific/Pago_Pago", date(2028, 2, 29)),
        ("2026-03-29T00:59:59", "Europe/Berlin", date(2026, 3, 29)),
    ],
)
def test_today_is_the_date_where_the_books_are_kept(
    instant: str, zone: str, day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda organization: moment)
    assert clock.today(Place(zone)) == day


def test_a_rehearsal_far_ahead_has_its_own_today() -> None:
    here, ahead = Place("UTC"), Place("UTC", timedelta(days=365))
    assert abs(clock.today(ahead) - clock.today(here) - timedelta(days=365)) <= timedelta(days=1)


def test_wall_clocks_skip_and_repeat_an_hour() -> None:
    berlin = Place("Europe/Berlin")

    def shown(hour: int, minute: int, month: int, day: int) -> str:
        return f"{clock.local(berlin, datetime(2026, month, day, hour, minute, tzinfo=UTC)):%H:%M %z}"

    assert [shown(0, 59, 3, 29), shown(1, 0, 3, 29)] == ["01:59 +0100", "03:00 +0200"]
    assert [shown(0, 30, 10, 25), shown(1, 30, 10, 25)] == ["02:30 +0200", "02:30 +0100"]
