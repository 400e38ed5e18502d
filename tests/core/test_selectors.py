from __future__ import annotations

from uuid import UUID

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.core.clock import now
from allsquare.core.events import News, record
from allsquare.core.ids import new_id
from allsquare.core.selectors import events_of, list_events

pytestmark = pytest.mark.django_db


def tell(organization_id: UUID, *news: tuple[str, UUID]) -> None:
    for kind, subject in news:
        record(
            organization_id=organization_id,
            news=[News(kind, "thing", subject)],
            actor=SYSTEM,
            at=now(None),
        )


def test_events_of_subjects_are_told_in_order_and_only_to_their_organization() -> None:
    mine, theirs, a, b, c = (new_id() for _ in range(5))
    tell(mine, ("one", a), ("other", c), ("two", b), ("three", a))
    tell(theirs, ("secret", a))
    assert [event.kind for event in events_of(mine, [a, b])] == ["one", "two", "three"]
    assert [event.kind for event in events_of(mine, [a, b], limit=2)] == ["two", "three"]
    assert events_of(mine, []) == []


def test_the_log_is_paged_from_the_newest() -> None:
    mine, theirs, a = new_id(), new_id(), new_id()
    tell(mine, *[(kind, a) for kind in ("x", "y", "x", "z")])
    tell(theirs, ("x", a))
    first = list_events(mine, limit=3)
    assert [event.kind for event in first] == ["z", "x", "y"]
    assert [event.kind for event in list_events(mine, before=first[-1].id)] == ["x"]
    assert [event.kind for event in list_events(mine, kind="x")] == ["x", "x"]
