"""A moved clock for both sides, and a process that dies where the plan says.

The clock: our own code asks ``core.clock``, and the library that checks signatures asks the machine; both are given the
simulation's time, and the provider's account is moved along. Ids go by the machine's time still.

A death: at the failpoint the connection to the database is cut, so that nothing after it can be sent there, and what
holds open work in memory is unwound. That differs from ``kill -9`` by what is done while unwinding, which can reach
nothing any more; real deaths at each failpoint are tried by ``test_failpoints``, and real processes killed by the soak.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection
from standardwebhooks import Webhook, WebhookVerificationError

from allsquare.core import clock, failpoints
from allsquare.core.errors import AllsquareError
from tests.faults.simulated.plan import dies_at
from tests.faults.soak.provider import Provider

_TOLERANCE: Final = timedelta(minutes=5)
#: Actions that ask the provider for nothing.
_AMONG_US: Final = frozenset({"deliver", "drain"})
#: Until whoever died was started again.
RESTART: Final = timedelta(seconds=5)


class Died(BaseException):
    """The process is gone: nothing of it may catch this."""


class World:
    """``now`` is the simulation's time; ``log`` is what a repeat of the seed must do again."""

    def __init__(self, seed: int, providers: Sequence[Provider], begin: datetime) -> None:
        self.seed, self.providers = seed, providers
        self.begin = self.now = begin
        self.actions = 0
        self.deaths: Counter[str] = Counter()
        self.has_news = False
        self._theirs = begin  # where the providers' clocks are
        self._steps_left = 0
        self._log = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._log.hexdigest()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Whatever asks for the time within is told the simulation's."""
        shared, die = clock._shared, failpoints._die_if_told
        verify: Any = Webhook._Webhook__verify_timestamp  # type: ignore[attr-defined]  # its own clock is meant
        clock._shared = lambda: self.now
        failpoints._die_if_told = self._step
        failpoints._armed["simulated"] = 1
        Webhook._Webhook__verify_timestamp = _by_our_clock  # type: ignore[attr-defined]  # as above
        try:
            yield
        finally:
            clock._shared, failpoints._die_if_told = shared, die
            failpoints._armed.clear()
            Webhook._Webhook__verify_timestamp = verify  # type: ignore[attr-defined]  # as above

    def go_to(self, moment: datetime) -> None:
        self.now = max(self.now, moment)

    def reach(self, provider: Provider) -> Provider:
        """As far in time as we are, like the other one. There may be news of it afterwards."""
        if self._theirs < self.now:
            self._theirs = self.now
            for each in self.providers:
                each.set_clock(self.now)
        self.has_news = True
        return provider

    def act(self, name: str, work: Callable[[], object], *, about: object = "") -> bool:
        """Do ``work`` as a process of its own; ``False`` when it died. What it refuses is an answer."""
        self.actions += 1
        if name not in _AMONG_US:
            self.reach(self.providers[0])
        self._steps_left = dies_at(self.seed, self.actions)
        try:
            said = str(work())
        except Died:
            connection.close()
            said = "died"
        except AllsquareError as error:
            said = error.code
        self._steps_left = 0
        self._log.update(f"{self.now - self.begin} {name} {about} {said}\n".encode())
        return said != "died"

    def _step(self, point: str) -> None:
        if self._steps_left:
            self._steps_left -= 1
            if not self._steps_left:
                self.deaths[point] += 1
                if connection.connection is not None:
                    connection.connection.close()
                raise Died(point)


def _by_our_clock(_self: Webhook, header: str) -> datetime:
    sent = datetime.fromtimestamp(float(header), UTC)
    if abs(clock.now(None) - sent) > _TOLERANCE:
        raise WebhookVerificationError("Message timestamp is out of time")
    return sent
