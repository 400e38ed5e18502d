"""Time has one source, so that an organization in rehearsal can be moved forward through months of billing.

Instants are aware and UTC. Due dates and booking dates are dates in the organization's own zone.

Machines disagree about the time, and one may jump. The database is what all of them share, so its clock decides
(``core.shared_time``): where the machine's own is off by more than a moment, it is not believed. See decision 0010.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

#: A machine whose clock is this close to the database's is believed: leases last from half a minute on.
TOLERANCE: Final = timedelta(seconds=2)

#: Seconds in which a correction is believed by who asks for each of a thousand ids.
FRESH: Final = 0.1
_NONE: Final = timedelta()
_UNKNOWN: Final = (0.0, _NONE)
#: Until when, by ``time.monotonic``, and what the correction is.
_corrected: tuple[float, timedelta] = _UNKNOWN
_anchor: tuple[datetime, float] | None = (
    None  # a time of the database, and how long the machine had run by then
)


class Clocked(Protocol):
    """What the clock needs to know of an organization."""

    @property
    def clock_offset(self) -> timedelta: ...

    @property
    def time_zone(self) -> str: ...


def now(organization: Clocked | None) -> datetime:
    """The present instant for ``organization`` (UTC); ``None`` asks for the machine's own time."""
    instant = _shared()
    return instant if organization is None else instant + organization.clock_offset


def correction() -> timedelta:
    """What the machine's own clock must be put forward by to be right; nothing, where it is believed. It may be
    ``FRESH`` seconds old."""
    global _corrected
    until, off = _corrected
    at = time.monotonic()
    if at >= until:
        off = _correction(datetime.now(UTC))
        _corrected = (at + FRESH, off)
    return off


def keep_time(database: datetime | None, uptime: float) -> None:
    """The database said that it is ``database``, when :func:`uptime` was that; ``None`` forgets what it said."""
    global _anchor, _corrected
    _anchor = (database, uptime) if database else None
    _corrected = _UNKNOWN


def uptime() -> float:
    """Seconds that only go forward, at the pace of a clock that nobody sets; they count on while the machine sleeps."""
    return time.clock_gettime(_STEADY)


_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _shared() -> datetime:
    here = datetime.now(UTC)
    return here + _correction(here)


def _correction(here: datetime) -> timedelta:
    if _anchor is None:
        return _NONE
    said, then = _anchor
    off = said + timedelta(seconds=uptime() - then) - here
    return _NONE if abs(off) <= TOLERANCE else off


def today(organization: Clocked) -> date:
    """The present date where ``organization`` keeps its books."""
    return local(organization, now(organization)).date()


def local(organization: Clocked, instant: datetime) -> datetime:
    """``instant`` as the wall clock of ``organization`` shows it."""
    return instant.astimezone(ZoneInfo(organization.time_zone))
