"""After a restore: what was done since the backup is not known, so nothing that could repeat it goes out by itself.

``payments`` holds the accounts at providers until each was asked what happened (``payments.services.recover``), and
``notifications`` holds mails for a person. When nothing holds any more the restoration is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from allsquare.core import clock
from allsquare.core.ids import new_id
from allsquare.core.models import Event, Restoration


def begin(*, taken_at: datetime) -> None:
    """From now on this installation counts as restored from a backup of ``taken_at``."""
    Restoration.objects.create(id=new_id(), taken_at=taken_at, restored_at=clock.now(None))


def under_way() -> Restoration | None:
    """The restore whose consequences are not known yet."""
    return Restoration.objects.filter(over_at=None).order_by("restored_at").last()


def before_its_end(events: Sequence[Event]) -> set[UUID]:
    """Those that were written before the last restoration was over: what they ask for may have been done before it.

    An event's id tells (a UUIDv7 begins with the machine's time), so it does not matter when a reader comes to it.
    """
    last = Restoration.objects.order_by("restored_at").last()
    if last is None:
        return set()
    end = last.over_at.timestamp() * 1000 if last.over_at else float("inf")
    return {event.id for event in events if (event.id.int >> 80) <= end}


def end() -> None:
    """Everybody was asked. Repeats change nothing."""
    Restoration.objects.filter(over_at=None).update(over_at=clock.now(None))
