from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from babel import localedata
from django.utils.translation import override

from allsquare.core import clock
from allsquare.web.ui import formats
from allsquare.web.ui.gallery import SampleOrganization

SPANS = [
    timedelta(seconds=5),
    timedelta(minutes=3),
    timedelta(hours=2),
    timedelta(days=9),
    timedelta(days=900),
]


def test_moments_and_days_can_be_written_in_every_language() -> None:
    organization = SampleOrganization()
    now = clock.now(organization)
    for name in localedata.locale_identifiers():
        with override(name.replace("_", "-")):
            for span in SPANS:
                for at in (now - span, now + span):
                    shown = formats.instant(at, organization)
                    assert "{" not in shown.exact, name
                    assert shown.relative, name
            assert formats.calendar_day(now.date(), organization).exact, name


@pytest.mark.parametrize(
    ("language", "exact"),
    [("en", "Nov 3, 2026, 2:05\u202fPM"), ("en-gb", "3 Nov 2026, 14:05"), ("de", "03.11.2026, 14:05")],
)
def test_lists_show_minutes_and_the_hover_text_seconds_and_the_zone(language: str, exact: str) -> None:
    with override(language):
        shown = formats.instant(datetime(2026, 11, 3, 13, 5, 9, tzinfo=UTC), SampleOrganization())
    assert shown.exact == exact
    assert ":05:09" in shown.full
    assert "Europe/Berlin" in shown.full
    assert shown.machine == "2026-11-03T13:05:09+00:00"


def test_the_same_moment_has_different_clocks_on_either_side_of_a_time_change() -> None:
    berlin = SampleOrganization(time_zone="Europe/Berlin")
    before, after = (formats.instant(datetime(2026, 10, 25, hour, 30, tzinfo=UTC), berlin) for hour in (0, 1))
    assert before.exact == after.exact  # 2:30 comes twice
    assert before.full != after.full  # the zone's name tells them apart
