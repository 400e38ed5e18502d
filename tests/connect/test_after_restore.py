"""What a backup caught half done does not go on by itself."""

from __future__ import annotations

from uuid import uuid4

import pytest

from allsquare.connect.after_restore import stop_batches
from allsquare.connect.models import Batch
from allsquare.connect.states import BatchState
from allsquare.core import clock
from tests.factories import make_organization
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


def test_batches_that_were_under_way_wait_for_a_person() -> None:
    world = World(make_organization())
    person = world.member()
    for state in BatchState:
        Batch.objects.create(
            organization=world.organization,
            person=person,
            act="invoices.issue",
            list_name="invoices",
            language="en",
            key=str(uuid4()),
            state=state,
            created_at=clock.now(None),
        )
    stop_batches(clock.now(None))
    states = sorted(Batch.objects.values_list("state", flat=True))
    going = {BatchState.QUEUED, BatchState.RUNNING}
    assert states == sorted(BatchState.STOPPED if state in going else state for state in BatchState)
