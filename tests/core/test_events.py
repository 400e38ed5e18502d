from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction

from allsquare.core.events import follow, read_parked, skip
from allsquare.core.ids import new_id
from allsquare.core.models import Event, EventFailure, EventReader
from tests.core.makers import other_connection, tell, write_event
from tests.log import log_is_readable

ORG = new_id()

#: ``follow`` reads only what is committed.
committed = pytest.mark.django_db(transaction=True)


class Notes:
    """A reader that notes the kinds of what it was given, batch by batch."""

    def __init__(self, *chokes_on: str) -> None:
        self.batches: list[list[str]] = []
        self.chokes_on = chokes_on

    def __call__(self, events: Sequence[Event]) -> None:
        kinds = [event.kind for event in events]
        for stone in self.chokes_on:
            if stone in kinds:
                raise ValueError(f"cannot digest {stone}")
        self.batches.append(kinds)

    @property
    def seen(self) -> list[str]:
        return [kind for batch in self.batches for kind in batch]


class NaiveReader:
    """What many do: remember the last id and ask for what is above it."""

    def __init__(self) -> None:
        self.last = UUID(int=0)
        self.seen: list[str] = []

    def read(self) -> None:
        for event in Event.objects.filter(id__gt=self.last).order_by("id"):
            self.last = event.id
            self.seen.append(event.kind)


@committed
def test_a_late_commit_is_not_skipped_and_the_naive_reader_does_skip_it() -> None:
    notes, naive = Notes(), NaiveReader()
    with other_connection() as slow, other_connection() as quick:
        write_event(slow, ORG, "early id, late commit")
        write_event(quick, ORG, "quick")
        quick.commit()
        assert follow("test", notes) == 0  # the slow transaction is older, so the quick one's event must wait
        naive.read()
        slow.commit()
    log_is_readable()
    follow("test", notes)
    naive.read()
    assert notes.seen == ["early id, late commit", "quick"]
    assert naive.seen == ["quick"]


@committed
def test_what_is_rolled_back_is_never_read() -> None:
    notes = Notes()
    with other_connection() as failing:
        write_event(failing, ORG, "never")
        failing.rollback()
    tell(ORG, "told")
    assert follow("test", notes) == 1
    assert notes.seen == ["told"]


@committed
def test_each_reader_gets_everything_once_in_order_and_in_batches() -> None:
    tell(ORG, "a", "b", "c")
    one, two = Notes(), Notes()
    assert [follow("one", one, limit=2) for _ in range(3)] == [2, 1, 0]
    assert one.batches == [["a", "b"], ["c"]]
    assert follow("two", two) == 3
    tell(ORG, "d")
    follow("one", one)
    assert one.seen == ["a", "b", "c", "d"]


@committed
def test_the_position_moves_with_the_effect_or_not_at_all() -> None:
    tell(ORG, "a")

    def torn_away(events: Sequence[Event]) -> None:
        tell(ORG, "effect")
        raise OperationalError("the connection is gone")

    with pytest.raises(OperationalError):
        follow("test", torn_away)
    assert not Event.objects.filter(kind="effect").exists()
    assert not EventFailure.objects.filter(organization_id=ORG).exists()
    notes = Notes()
    follow("test", notes)
    assert notes.seen == ["a"]


@committed
def test_what_cannot_be_digested_is_parked_and_the_rest_flows() -> None:
    tell(ORG, "a", "stone", "b")
    notes = Notes("stone")
    assert follow("test", notes) == 3
    assert notes.batches == [["a"], ["b"]]
    parked = EventFailure.objects.get(organization_id=ORG)
    assert Event.objects.get(id=parked.event_id, organization_id=ORG).kind == "stone"
    assert "cannot digest stone" in parked.error
    assert follow("test", notes) == 0


@committed
def test_what_was_parked_is_read_again_when_its_cause_is_mended() -> None:
    tell(ORG, "stone", "a", "brick")
    follow("test", Notes("stone", "brick"))
    partly, wholly = Notes("brick"), Notes()
    assert [read_parked("test", partly), read_parked("test", wholly)] == [1, 1]
    assert (partly.seen, wholly.seen) == (["stone"], ["brick"])
    assert [read_parked("test", wholly), read_parked("elsewhere", wholly)] == [0, 0]


@committed
def test_two_followers_of_one_name_do_not_meet() -> None:
    tell(ORG, "a")
    follow("test", Notes())
    tell(ORG, "b")
    notes = Notes()
    with other_connection() as other:
        other.execute("SELECT 1 FROM event_reader WHERE name = 'test' FOR UPDATE")
        assert follow("test", notes) == 0
    assert follow("test", notes) == 1
    assert notes.seen == ["b"]


@committed
def test_skipping_moves_behind_all_that_can_be_seen_and_never_back() -> None:
    tell(ORG, "old")
    skip("test")
    tell(ORG, "new")
    notes = Notes()
    follow("test", notes)
    assert notes.seen == ["new"]
    before = EventReader.objects.get(name="test").event_id
    skip("test")
    assert EventReader.objects.get(name="test").event_id == before


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE event SET kind = 'else'", "DELETE FROM event"])
def test_the_log_cannot_be_edited(statement: str) -> None:
    tell(ORG, "a")
    with (
        pytest.raises(ProgrammingError, match="Cannot update or delete"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Event.objects.get(organization_id=ORG).kind == "a"
