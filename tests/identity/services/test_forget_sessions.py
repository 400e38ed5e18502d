"""Sessions that are over are deleted, a bounded number at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from allsquare.cli import worker
from allsquare.cli.lanes import Lanes
from allsquare.core import clock
from allsquare.identity.models import PersonSession
from allsquare.identity.services.forget_sessions import forget_sessions
from allsquare.identity.services.note_session import note_session
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def keys(model: type[Session] | type[PersonSession]) -> list[str]:
    return sorted(model.objects.values_list("session_key", flat=True))


def test_sessions_whose_time_is_over_are_deleted_in_steps() -> None:
    now, person = clock.now(None), make_person()
    for hours in (-3, -2, -1, 1):
        key = f"s{hours}"
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=hours))
        note_session(person=person, session_key=key, device="Firefox", address="192.0.2.1")
    assert forget_sessions(limit=2) == 2
    assert keys(Session) == keys(PersonSession) == ["s-1", "s1"], "the oldest first"
    (sweep,) = [each for each in worker.rounds(Lanes()) if each.name == "sessions"]
    assert [sweep.work(), sweep.work()] == [1, 0]
    assert keys(Session) == keys(PersonSession) == ["s1"]
