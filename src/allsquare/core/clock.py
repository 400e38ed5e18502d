"""Time has one source, so that an organization in rehearsal can be moved forward through months of billing.

Instants are aware and UTC. Due dates and booking dates are dates in the organization's own zone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clocked(Protocol):
    """What the clock needs to know of an organization."""

    @property
    def clock_offset(self) -> timedelta: ...

    @property
    def time_zone(self) -> str: ...


def now(organization: Clocked | None) -> datetime:
    """The present instant for ``organization`` (UTC); ``None`` asks for the machine's own time."""
    instant = datetime.now(UTC)
    return instant if organization is None else instant + organization.clock_offset


def today(organization: Clocked) -> date:
    """The present date where ``organization`` keeps its books."""
    return local(organization, now(organization)).date()


def local(organization: Clocked, instant: datetime) -> datetime:
    """``instant`` as the wall clock of ``organization`` shows it."""
    return instant.astimezone(ZoneInfo(organization.time_zone))
