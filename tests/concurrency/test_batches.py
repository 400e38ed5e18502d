"""A batch that two workers are at, and batches begun in the same moment: each row is done once, and no more are under
way than may be. See ``connect.services.run_batch``."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from uuid import UUID

import pytest

from allsquare.connect.errors import TooManyBatches
from allsquare.connect.long_work import MOST, is_full
from allsquare.connect.models import Batch
from allsquare.connect.selectors import count_batch, get_batch
from allsquare.connect.services import run_batch as running
from allsquare.connect.services import start_batch as starting
from allsquare.connect.services.run_batch import run_batch
from allsquare.connect.services.start_batch import start_batch
from allsquare.connect.states import UNDER_WAY
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import BatchAct, Given
from allsquare.core.events import News, record
from allsquare.core.ids import new_id
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from tests.concurrency.races import at_once, failures
from tests.factories import member_actor

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROWS = 6


@pytest.fixture
def actor(organization: Organization) -> Actor:
    return member_actor(organization)


@pytest.fixture(autouse=True)
def noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row's act writes an event, once both workers are amid a row: whoever may take the same one does."""
    both = threading.Barrier(2)

    def note(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
        with suppress(threading.BrokenBarrierError):  # the other one found nothing to do any more
            both.wait(timeout=2)
        news = News("test.noted", "test", name)
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
        return "Noted."

    act = BatchAct(name="test.note", permission="view_sales", run=note)
    monkeypatch.setattr(running, "batch_act", lambda _name: act)
    monkeypatch.setattr(starting, "batch_act", lambda _name: act)


def start(organization: Organization, actor: Actor, rows: int = ROWS) -> Batch:
    return start_batch(
        organization=organization,
        act="test.note",
        list_name="invoices",
        rows=[(new_id(), str(place)) for place in range(rows)],
        given={},
        key=str(new_id()),
        actor=actor,
    )


def run_twice(organization: Organization, batch: Batch) -> Counter[UUID]:
    """How often each row was done by two workers beside each other."""
    work = [lambda: run_batch(organization=organization, batch_id=batch.id)] * 2
    assert not failures(at_once(work))
    done = Event.objects.filter(organization_id=organization.id, kind="test.noted")
    return Counter(done.values_list("subject_id", flat=True))


def test_two_workers_beside_each_other_do_each_row_once(organization: Organization, actor: Actor) -> None:
    batch = start(organization, actor)
    done = run_twice(organization, batch)
    assert sorted(done.values()) == [1] * ROWS
    assert count_batch(organization, batch).done == ROWS
    assert get_batch(organization, batch.id).state == "done"
    assert Event.objects.filter(organization_id=organization.id, kind="batch.finished").count() == 1


def test_without_the_lock_rows_would_be_done_twice(
    organization: Organization, actor: Actor, without_row_locks: None
) -> None:
    """The twin: the race is really there."""
    batch = start(organization, actor)
    assert max(run_twice(organization, batch).values()) == 2


def test_no_more_are_begun_at_once_than_there_is_room_for(organization: Organization, actor: Actor) -> None:
    for _number in range(MOST - 1):
        start(organization, actor, rows=1)
    refused = failures(at_once([lambda: start(organization, actor, rows=1)] * 3))
    assert [type(error) for error in refused] == [TooManyBatches] * 2
    assert Batch.objects.filter(organization=organization, state__in=UNDER_WAY).count() == MOST


def test_without_the_lock_there_would_be_too_many(
    organization: Organization, actor: Actor, without_row_locks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: all three count before any is there."""
    counted = threading.Barrier(3)
    for _number in range(MOST - 1):
        start(organization, actor, rows=1)

    def counting(organization: Organization, model: type[Batch]) -> bool:
        full = is_full(organization, model)
        counted.wait(timeout=30)
        return full

    monkeypatch.setattr(starting, "is_full", counting)
    assert not failures(at_once([lambda: start(organization, actor, rows=1)] * 3))
    assert Batch.objects.filter(organization=organization, state__in=UNDER_WAY).count() == MOST + 2
