"""Instants as the store keeps them: UTC text of one width, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def machine_now() -> datetime:
    """The machine's own time. Accounts have a clock of their own, see :class:`records.Account`."""
    return datetime.now(UTC)


def stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime(_FORMAT)


def instant(text: str) -> datetime:
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def midnight_after(moment: datetime) -> datetime:
    """The first midnight (UTC) that is later than ``moment``."""
    start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return start + timedelta(days=1)
