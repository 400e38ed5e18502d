"""After a restore: what was done since the backup is not known, so nothing that could repeat it goes out by itself.

``payments`` holds the accounts at providers until each was asked what happened (``payments.services.recover``), and
``notifications`` holds mails for a person. When nothing holds any more the restoration is over.
"""

from __future__ import annotations

from datetime import datetime

from allsquare.core import clock
from allsquare.core.ids import new_id
from allsquare.core.models import Restoration


def begin(*, taken_at: datetime) -> None:
    """From now on this installation counts as restored from a backup of ``taken_at``."""
    Restoration.objects.create(id=new_id(), taken_at=taken_at, restored_at=clock.now(None))


def under_way() -> Restoration | None:
    """The restore whose consequences are not known yet."""
    return Restoration.objects.filter(over_at=None).order_by("restored_at").last()


def end() -> None:
    """Everybody was asked. Repeats change nothing."""
    Restoration.objects.filter(over_at=None).update(over_at=clock.now(None))
