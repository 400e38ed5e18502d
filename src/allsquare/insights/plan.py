"""When the books are checked by themselves. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

#: Of the machine's day (UTC): few people work, and what is broken is told before they come.
HOUR: Final = time(2, 0)


def is_due(*, last: datetime | None, now: datetime) -> bool:
    """Has a night begun since the ``last`` check was asked for? A machine that was off catches up."""
    night = now.replace(hour=HOUR.hour, minute=HOUR.minute, second=0, microsecond=0)
    if night > now:
        night -= timedelta(days=1)
    return last is None or last < night
