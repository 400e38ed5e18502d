"""What may have been done before a restore, and what somebody does now."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from allsquare.core import clock, restoration
from allsquare.core.ids import new_id
from allsquare.core.models import Event, Restoration

pytestmark = pytest.mark.django_db


def event(kind: str, at: datetime) -> Event:
    """As written at ``at`` by an actor of this ``kind``."""
    milliseconds = int(at.timestamp() * 1000)
    made = UUID(int=(milliseconds << 80) | (new_id().int & ((1 << 80) - 1)))
    return Event(id=made, actor_kind=kind)


def test_nothing_was_restored_so_nothing_was_done_before() -> None:
    assert restoration.perhaps_done([event("system", clock.now(None))]) == set()


def test_people_and_payers_act_now_and_providers_tell_of_what_may_be_old() -> None:
    restoration.begin(taken_at=clock.now(None) - timedelta(days=1))
    begun = Restoration.objects.get().restored_at
    kinds = ("person", "customer", "gateway", "system")
    before = [event(kind, begun - timedelta(hours=1)) for kind in kinds]
    meanwhile = [event(kind, begun + timedelta(minutes=5)) for kind in kinds]
    later = [event(kind, begun + timedelta(days=9)) for kind in kinds]
    every = [*before, *meanwhile, *later]

    under_way = restoration.perhaps_done(every)
    assert under_way == {each.id for each in [*before, *meanwhile[2:], *later[2:]]}

    Restoration.objects.update(over_at=begun + timedelta(days=2))
    assert restoration.perhaps_done(every) == {each.id for each in [*before, *meanwhile[2:]]}
