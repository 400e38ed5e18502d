"""A session of a person is in use."""

from __future__ import annotations

from allsquare.core import bulk, clock
from allsquare.core.ids import new_id
from allsquare.identity.models import Person


def note_session(*, person: Person, session_key: str, device: str, address: str) -> None:
    """One statement, every few minutes of use and never more often: it writes."""
    at = clock.now(None)
    bulk.insert(
        "person_session",
        {"session_key": ("text", [session_key])},
        same={
            "id": ("uuid", new_id()),
            "person_id": ("uuid", person.id),
            "device": ("text", device[:200]),
            "address": ("text", address[:64]),
            "created_at": ("timestamptz", at),
            "last_used_at": ("timestamptz", at),
        },
        otherwise="""ON CONFLICT (session_key) DO UPDATE SET person_id = excluded.person_id,
            device = excluded.device, address = excluded.address, last_used_at = excluded.last_used_at""",
    )
