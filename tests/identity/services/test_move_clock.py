from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import InvalidInput, PermissionDenied
from allsquare.core.models import Event
from allsquare.identity.errors import NotInRehearsal
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.identity.services.move_clock import FURTHEST, Stride, _stride, move_clock
from tests.factories import make_organization, member_actor

pytestmark = pytest.mark.django_db


def test_time_passes_and_the_log_says_so() -> None:
    organization = make_organization(rehearsal=True)
    day = clock.today(organization)
    moved = move_clock(organization=organization, stride=Stride.WEEK, seen=timedelta(0), actor=SYSTEM)
    assert moved > timedelta(days=6)
    assert clock.today(Organization.objects.get(id=organization.id)) == day + timedelta(days=7)
    assert clock.today(organization) == day + timedelta(days=7)
    assert Event.objects.get(kind="clock.moved").data["stride"] == "week"


def test_pressed_twice_it_moves_once() -> None:
    organization = make_organization(rehearsal=True)
    for moves in (True, False):
        by = move_clock(organization=organization, stride=Stride.DAY, seen=timedelta(0), actor=SYSTEM)
        assert bool(by) is moves
    assert Event.objects.filter(kind="clock.moved").count() == 1


def test_real_time_passes_by_itself() -> None:
    organization = make_organization()
    with pytest.raises(NotInRehearsal):
        move_clock(organization=organization, stride=Stride.DAY, seen=timedelta(0), actor=SYSTEM)
    assert Organization.objects.get(id=organization.id).clock_offset == timedelta(0)


def test_there_is_an_end_to_it() -> None:
    organization = make_organization(rehearsal=True, clock_offset=FURTHEST)
    with pytest.raises(InvalidInput, match="ten years"):
        move_clock(organization=organization, stride=Stride.DAY, seen=FURTHEST, actor=SYSTEM)


def test_others_may_not() -> None:
    organization = make_organization(rehearsal=True)
    with pytest.raises(PermissionDenied):
        move_clock(
            organization=organization,
            stride=Stride.DAY,
            seen=timedelta(0),
            actor=member_actor(organization, Role.ACCOUNTANT),
        )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2027-01-31T10:00", "2027-02-28T10:00"),
        ("2027-12-15T10:00", "2028-01-15T10:00"),
        ("2027-11-30T10:00", "2027-12-30T10:00"),
        ("2028-01-31T10:00", "2028-02-29T10:00"),
        ("2027-03-01T10:00", "2027-04-01T10:00"),  # over the beginning of summer time
    ],
)
def test_a_month_is_one_of_the_calendar(before: str, after: str) -> None:
    organization = make_organization()
    local = datetime.fromisoformat(before).replace(tzinfo=ZoneInfo(organization.time_zone))
    moved = clock.local(organization, local.astimezone(UTC) + _stride(local, Stride.MONTH))
    assert moved.strftime("%Y-%m-%dT%H:%M") == after
