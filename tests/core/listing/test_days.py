"""Days that move with the calendar, at the edges of weeks, months, quarters and years, in the organization's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from allsquare.billing.lists import INVOICES
from allsquare.core import clock
from allsquare.core.errors import InvalidInput
from allsquare.core.listing import list_spec, read_page, read_query
from allsquare.core.listing.days import OFFERED, OFFERED_AHEAD, days_of, said
from allsquare.core.listing.filters import Span
from tests.factories import make_customer, make_organization
from tests.web.console.world import World


@pytest.mark.parametrize(
    ("today", "word", "first", "last"),
    [
        ("2026-11-27", "today", "2026-11-27", "2026-11-27"),
        ("2026-03-01", "yesterday", "2026-02-28", "2026-02-28"),
        ("2026-11-29", "this_week", "2026-11-23", "2026-11-29"),
        ("2026-11-30", "this_week", "2026-11-30", "2026-12-06"),
        ("2027-01-01", "last_week", "2026-12-21", "2026-12-27"),
        ("2028-02-29", "this_month", "2028-02-01", "2028-02-29"),
        ("2026-03-31", "last_month", "2026-02-01", "2026-02-28"),
        ("2026-01-31", "last_month", "2025-12-01", "2025-12-31"),
        ("2026-12-31", "this_month", "2026-12-01", "2026-12-31"),
        ("2026-11-27", "this_quarter", "2026-10-01", "2026-12-31"),
        ("2026-02-10", "last_quarter", "2025-10-01", "2025-12-31"),
        ("2026-02-10", "this_year", "2026-01-01", "2026-12-31"),
        ("2026-02-10", "last_year", "2025-01-01", "2025-12-31"),
        ("2026-11-27", "last_30", "2026-10-29", "2026-11-27"),
        ("2026-11-27", "last_1", "2026-11-27", "2026-11-27"),
        ("2026-11-27", "next_7", "2026-11-27", "2026-12-03"),
    ],
)
def test_a_word_means_these_days(today: str, word: str, first: str, last: str) -> None:
    found = days_of(word, date.fromisoformat(today), field="x")
    assert found == (date.fromisoformat(first), date.fromisoformat(last))


def test_more_than_so_many_days_ago_has_no_beginning() -> None:
    assert days_of("over_30", date(2026, 11, 27), field="x") == (None, date(2026, 10, 27))
    assert days_of("past", date(2026, 11, 27), field="x") == (None, date(2026, 11, 26))


@pytest.mark.parametrize("word", ["last", "last_0", "last_-1", "next_10000", "over_", "This_week", "last_٣"])
def test_what_names_no_days_is_refused(word: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        days_of(word, date(2026, 11, 27), field="issued")
    assert caught.value.field == "issued"


def test_every_word_that_is_offered_can_be_said() -> None:
    assert len({said(word) for word in (*OFFERED, *OFFERED_AHEAD)}) == len(OFFERED) + len(OFFERED_AHEAD)
    assert (said("last_1"), said("over_45")) == ("the last 1 day", "more than 45 days ago")


@pytest.mark.django_db
def test_today_is_that_of_the_organizations_zone_and_dates_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda _organization: datetime(2026, 11, 30, 23, 30, tzinfo=UTC))
    berlin, new_york = make_organization(), make_organization(time_zone="America/New_York")
    assert berlin.time_zone == "Europe/Berlin"
    for organization, month in ((berlin, 12), (new_york, 11)):
        query = read_query(INVOICES, organization, {"issued": ["this_month"]})
        span = query.values["issued"]
        assert isinstance(span, Span)
        assert (span.low, span.word) == (date(2026, month, 1), "this_month")
        assert query.parameters() == [("issued", "this_month")]
    dated = read_query(INVOICES, berlin, {"issued": ["this_month"], "issued_to": ["2026-01-31"]})
    assert dated.values["issued"] == Span(None, date(2026, 1, 31))


@pytest.mark.django_db
def test_events_of_a_customer_are_those_of_their_documents_too() -> None:
    world = World()
    other = make_customer(world.organization, name="Somebody Else")
    mine, theirs = world.issued(), world.issued(customer=other)
    payment = world.paid(mine)
    query = read_query(list_spec("events"), world.organization, {"customer": [str(world.customer.id)]})
    subjects = {row.item.subject_id for row in read_page(world.organization, query).rows}
    assert {mine.id, payment.id} <= subjects
    assert theirs.id not in subjects
