"""Many are served one after the other, in the little time that there is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID

from allsquare.identity.models import Organization


class Turns:
    """For ``seconds`` at a time, and at least one: the next time goes on after the last who was served. So whoever
    takes long (a provider that does not answer, say) keeps the others waiting once, and nobody from their turn."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last: UUID | None = None

    def among(self, organizations: list[Organization]) -> Iterator[Organization]:
        until = time.monotonic() + self._seconds
        for organization in self._from_here(organizations):
            self._last = organization.id
            yield organization
            if time.monotonic() >= until:
                return

    def _from_here(self, organizations: list[Organization]) -> list[Organization]:
        last = self._last
        return sorted(organizations, key=lambda each: (last is not None and each.id <= last, each.id))
