from __future__ import annotations

from datetime import date, timedelta

import pytest

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.formatting import format_date
from allsquare.core.selectors import list_events
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.errors import PeriodClosed, PeriodOverlaps
from allsquare.ledger.models import Period
from allsquare.ledger.selectors import check_bookable
from allsquare.ledger.services.close_period import close_period
from tests.factories import make_organization, member_actor

pytestmark = pytest.mark.django_db

START, END = date(2026, 1, 1), date(2026, 3, 31)


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def accountant(organization: Organization) -> Actor:
    return member_actor(organization, Role.ACCOUNTANT)


def test_a_period_is_closed_once(organization: Organization, accountant: Actor) -> None:
    first = close_period(organization=organization, starts_on=START, ends_on=END, actor=accountant)
    again = close_period(organization=organization, starts_on=START, ends_on=END, actor=accountant)
    assert (again.id, again.closed_at) == (first.id, first.closed_at)
    [event] = list_events(organization.id, kind="period.closed")
    assert event.data == {"starts_on": "2026-01-01", "ends_on": "2026-03-31"}
    for day in (START, END):
        with pytest.raises(PeriodClosed, match=format_date(day, "en")):
            check_bookable(organization, "EUR", day)
    check_bookable(organization, "EUR", END + timedelta(days=1))
    check_bookable(make_organization(), "EUR", END)


@pytest.mark.parametrize("days", [(-40, 0), (89, 120), (-5, 200), (10, 20), (0, 20)])
def test_what_overlaps_is_refused(
    organization: Organization, accountant: Actor, days: tuple[int, int]
) -> None:
    close_period(organization=organization, starts_on=START, ends_on=END, actor=accountant)
    starts_on, ends_on = (START + timedelta(days=n) for n in days)
    with pytest.raises(PeriodOverlaps, match="from Jan 1, 2026 to Mar 31, 2026"):
        close_period(organization=organization, starts_on=starts_on, ends_on=ends_on, actor=accountant)
    assert Period.objects.filter(organization=organization).count() == 1


def test_neighbours_and_others_may_close_theirs(organization: Organization, accountant: Actor) -> None:
    close_period(organization=organization, starts_on=START, ends_on=END, actor=accountant)
    close_period(
        organization=organization, starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31), actor=accountant
    )
    other = make_organization()
    close_period(organization=other, starts_on=START, ends_on=END, actor=member_actor(other))
    assert Period.objects.filter(organization=organization).count() == 2


def test_only_days_that_are_over_can_be_closed(organization: Organization, accountant: Actor) -> None:
    today = clock.today(organization)
    with pytest.raises(FieldErrors, match="when it is over"):
        close_period(organization=organization, starts_on=START, ends_on=today, actor=accountant)
    with pytest.raises(FieldErrors, match="on or after"):
        close_period(organization=organization, starts_on=END, ends_on=START, actor=accountant)
    yesterday = today - timedelta(days=1)
    close_period(organization=organization, starts_on=yesterday, ends_on=yesterday, actor=accountant)


def test_not_everybody_closes(organization: Organization) -> None:
    clerk = member_actor(organization, Role.BILLING_CLERK)
    with pytest.raises(PermissionDenied):
        close_period(organization=organization, starts_on=START, ends_on=END, actor=clerk)
