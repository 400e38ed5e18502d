"""Open pages hear of everything once, late commits included, and wait for nobody."""

from __future__ import annotations

import pytest

from allsquare.core import tail
from allsquare.core.events import follow
from allsquare.core.ids import new_id
from tests.core.makers import other_connection, tell, write_event

pytestmark = pytest.mark.django_db(transaction=True)

ORG, OTHER = new_id(), new_id()


def kinds(news: tail.News) -> list[str]:
    return sorted(each.kind for each in news.happenings)


def test_each_event_is_heard_once() -> None:
    place = tail.here()
    tell(ORG, "one.happened", "two.happened", wait=False)
    first = tail.since(place)
    assert kinds(first) == ["one.happened", "two.happened"]
    assert kinds(tail.since(first.place)) == []
    tell(ORG, "three.happened", wait=False)
    assert kinds(tail.since(first.place)) == ["three.happened"]


def test_a_late_commit_is_heard_and_holds_up_nobody_meanwhile() -> None:
    with other_connection() as slow, other_connection() as quick:
        place = tail.here()
        write_event(slow, ORG, "slow.begun_first")
        write_event(quick, ORG, "quick.committed_first")
        quick.commit()
        # A reader with one position must wait for the slow one; an open page must not.
        assert follow("test", lambda batch: None) == 0
        early = tail.since(place)
        assert kinds(early) == ["quick.committed_first"]
        still = tail.since(early.place)
        assert kinds(still) == []
        slow.commit()
        late = tail.since(still.place)
        assert kinds(late) == ["slow.begun_first"]
        assert kinds(tail.since(late.place)) == []


def test_what_was_running_when_the_place_was_taken_is_heard_from_it() -> None:
    with other_connection() as running:
        write_event(running, ORG, "running.then")
        place = tail.here()
        running.commit()
    assert kinds(tail.since(place)) == ["running.then"]


def test_one_organization_hears_nothing_of_another() -> None:
    place = tail.here()
    tell(ORG, "mine.happened", wait=False)
    tell(OTHER, "theirs.happened", wait=False)
    assert kinds(tail.since(place, organization_id=ORG)) == ["mine.happened"]
    assert kinds(tail.since(place)) == ["mine.happened", "theirs.happened"]


def test_more_than_can_be_named_is_said_to_be_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "MOST", 3)
    place = tail.here()
    tell(ORG, "a.b", "a.b", "a.b", wait=False)
    assert not tail.since(place).too_much
    tell(ORG, "a.b", wait=False)
    assert tail.since(place).too_much


@pytest.mark.parametrize(
    "place",
    [
        "",
        "here",
        "1:2",
        "0:0:",
        "9:3:",
        "1:9:7,5",
        "1:9:12",
        "5:9:2",
        "1:1:; DROP TABLE event",
        "1:99999999999999999999:",
        "1:9:" + ",".join(["5"] * 3000),
        "١:٢:",
    ],
)
def test_a_place_that_is_none_means_that_anything_may_have_changed(place: str) -> None:
    tell(ORG, "mine.happened", wait=False)
    news = tail.since(place, organization_id=ORG)
    assert news.too_much
    assert not tail.since(news.place).too_much


def test_a_place_of_another_database_means_the_same() -> None:
    ahead = 10**15
    assert tail.since(f"{ahead}:{ahead}:").too_much
