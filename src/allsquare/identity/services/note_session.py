"""A session of a person is in use."""

from __future__ import annotations

from allsquare.core import clock
from allsquare.identity.models import Person, PersonSession


def note_session(*, person: Person, session_key: str, device: str, address: str) -> None:
    """Called every few minutes of use, never more often: it writes."""
    at = clock.now(None)
    PersonSession.objects.update_or_create(
        session_key=session_key,
        defaults={"person": person, "device": device[:200], "address": address[:64], "last_used_at": at},
        create_defaults={
            "person": person,
            "device": device[:200],
            "address": address[:64],
            "last_used_at": at,
            "created_at": at,
        },
    )
