"""After a restore: what was done since the backup is not known, so nothing that could repeat it goes out by itself.

``payments`` holds the accounts at providers until each was asked what happened (``payments.services.recover``), and
``notifications`` holds mails for a person. When nothing holds any more the restoration is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import ActorKind
from allsquare.core.ids import new_id
from allsquare.core.models import Event, Restoration

#: Whose acts are what they are doing now. Batches act in the name of a person too, so a restore stops them
#: (``connect.after_restore``).
_NEW: Final = (ActorKind.PERSON, ActorKind.CUSTOMER)


def begin(*, taken_at: datetime) -> None:
    """From now on this installation counts as restored from a backup of ``taken_at``."""
    Restoration.objects.create(id=new_id(), taken_at=taken_at, restored_at=clock.now(None))


def under_way() -> Restoration | None:
    """The restore whose consequences are not known yet."""
    return Restoration.objects.filter(over_at=None).order_by("restored_at").last()


def last() -> Restoration | None:
    """The restore that was last, whether its consequences are known or not."""
    return Restoration.objects.order_by("restored_at").last()


def lost_times() -> list[tuple[datetime, datetime]]:
    """Of what happened from the one moment to the other a restored backup knows nothing."""
    return list(Restoration.objects.order_by("restored_at").values_list("taken_at", "restored_at"))


def perhaps_done(events: Sequence[Event]) -> set[UUID]:
    """Those that ask for what may have been done before the last restoration: whatever was written before it, and,
    until the restoration is over, what providers and Allsquare itself tell, since it may be about something older.
    What people and payers do since then is new.

    An event's id tells (a UUIDv7 begins with its time), so it does not matter when a reader comes to it.
    """
    newest = last()
    if newest is None:
        return set()
    begun, over = (
        _milliseconds(newest.restored_at),
        _milliseconds(newest.over_at) if newest.over_at else float("inf"),
    )
    return {
        event.id for event in events if (event.id.int >> 80) <= (begun if event.actor_kind in _NEW else over)
    }


def _milliseconds(moment: datetime) -> float:
    return moment.timestamp() * 1000


def end() -> None:
    """Everybody was asked. Repeats change nothing."""
    Restoration.objects.filter(over_at=None).update(over_at=clock.now(None))
