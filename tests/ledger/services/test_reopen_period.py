from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.core.errors import PermissionDenied
from allsquare.core.models import Event
from allsquare.identity.roles import Role
from allsquare.ledger.errors import PeriodClosed, PeriodUnknown
from allsquare.ledger.services.close_period import close_period
from allsquare.ledger.services.reopen_period import reopen_period
from tests.factories import make_organization, member_actor
from tests.web.console.world import World

pytestmark = pytest.mark.django_db

SPAN = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 1, 31)}


def test_what_was_refused_can_be_booked_again() -> None:
    world = World()
    period = close_period(organization=world.organization, actor=SYSTEM, **SPAN)
    with pytest.raises(PeriodClosed):
        world.issued(on=date(2026, 1, 15))
    for _ in range(2):
        assert (
            reopen_period(organization=world.organization, period_id=period.id, actor=SYSTEM).closed_at
            is None
        )
    assert world.issued(on=date(2026, 1, 15)).number
    assert Event.objects.filter(kind="period.reopened").count() == 1
    closed = close_period(organization=world.organization, actor=SYSTEM, **SPAN)
    assert closed.id == period.id


def test_another_organizations_period_is_unknown() -> None:
    period = close_period(organization=make_organization(), actor=SYSTEM, **SPAN)
    for unknown in (period.id, uuid4()):
        with pytest.raises(PeriodUnknown):
            reopen_period(organization=make_organization(), period_id=unknown, actor=SYSTEM)


def test_others_may_not() -> None:
    organization = make_organization()
    period = close_period(organization=organization, actor=SYSTEM, **SPAN)
    clerk = member_actor(organization, Role.BILLING_CLERK)
    with pytest.raises(PermissionDenied):
        reopen_period(organization=organization, period_id=period.id, actor=clerk)
