"""One poller for all streams of a process: reads what is new in the log, and wakes whom it concerns.

No stream holds a connection to the database; the poller holds one, and only while anybody listens. It also asks
again and again whether those who listen may still do so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

from allsquare.core import tail
from allsquare.core.tail import Happening
from allsquare.identity.permissions import Permission
from allsquare.web.console.live import rights
from allsquare.web.console.live.topics import EVERYTHING, Told, about_people, tell
from allsquare.web.ui.ending import ENDING

log = logging.getLogger(__name__)

#: Seconds between two looks at the log; a payment must show within one.
PAUSE: Final = 0.2
#: Seconds until it is asked again who may listen, when no event makes it ask at once.
RECHECK: Final = 5.0
#: Streams of one person in one process; the oldest makes room for the next.
PER_PERSON: Final = 4


class End(StrEnum):
    """Why a stream ended, as the page is told."""

    FULL = "full"  # no room: look now and then instead
    REPLACED = "replaced"  # the same person opened another
    SIGNED_OUT = "signed_out"
    LOST = "lost"  # the database cannot be reached, or the server ends: come again


@dataclass(eq=False, slots=True)
class Subscription:
    """One open page. ``wake`` is called from the poller's thread and must not block."""

    who: rights.Listener
    permissions: frozenset[Permission]
    wake: Callable[[], None]
    place: str = ""
    ended: End | None = None
    _told: Told = field(default_factory=Told)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, told: Told, place: str) -> None:
        with self._lock:
            self._told |= told
            self.place = place
        if told:
            self.wake()

    def take(self) -> tuple[Told, str]:
        """What is new since the last time, and the place up to which that is all: never one without the other."""
        with self._lock:
            told, self._told = self._told, Told()
            return told, self.place

    def end(self, why: End) -> None:
        self.ended = self.ended or why
        self.wake()


class Hub:
    """All subscriptions of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: list[Subscription] = []
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._place = ""

    def join(self, subscription: Subscription) -> bool:
        """Listen from now on; ``False`` when this process serves as many streams as it may.

        Reads the place in the log on the caller's own connection, before the poller can have gone past it.
        """
        place = tail.here()
        with self._lock:
            mine = [s for s in self._subscriptions if s.who.person_id == subscription.who.person_id]
            if len(mine) >= PER_PERSON:
                self._subscriptions.remove(mine[0])
                mine[0].end(End.REPLACED)
            elif len(self._subscriptions) >= settings.ALLSQUARE_LIVE_STREAMS:
                return False
            if self._thread is None:
                self._place = place
                self._stopped = threading.Event()
                self._thread = threading.Thread(
                    target=self._run, args=(self._stopped,), name="live", daemon=True
                )
                self._thread.start()
            subscription.place = self._place
            self._subscriptions.append(subscription)
        return True

    def leave(self, subscription: Subscription) -> None:
        """Leaving twice is harmless."""
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

    def stop(self) -> None:
        """End every stream and the poller, and wait for it: nothing holds the database any more."""
        with self._lock:
            thread = self._thread
            self._stopped.set()
        self._end_all(End.LOST)
        if thread is not None:
            thread.join()

    def __len__(self) -> int:
        return len(self._subscriptions)

    def _run(self, stopped: threading.Event) -> None:
        due = time.monotonic() + RECHECK
        try:
            while not stopped.wait(PAUSE) and not ENDING.is_set():
                if self._nobody_listens():
                    return
                happenings = self._look()
                if time.monotonic() >= due or about_people(happenings):
                    self._recheck()
                    due = time.monotonic() + RECHECK
        except DatabaseError:
            log.exception("live pages cannot read the log; they will come again")
        finally:
            connection.close()
            with self._lock:
                self._thread = None if self._stopped is stopped else self._thread
            self._end_all(End.LOST)

    def _nobody_listens(self) -> bool:
        """Then the poller ends too, under the lock: the next one to join starts another."""
        with self._lock:
            if not self._subscriptions:
                self._thread = None
                self._stopped = threading.Event()
                return True
            return False

    def _look(self) -> Sequence[Happening]:
        news = tail.since(self._place)
        by_organization: dict[UUID, list[Happening]] = defaultdict(list)
        for each in news.happenings:
            by_organization[each.organization_id].append(each)
        with self._lock:
            self._place = news.place
            listening = list(self._subscriptions)
        for subscription in listening:
            mine = by_organization.get(subscription.who.organization_id, ())
            told = EVERYTHING if news.too_much else tell(mine, subscription.permissions)
            subscription.add(told, news.place)
        return news.happenings

    def _recheck(self) -> None:
        with self._lock:
            listening = list(self._subscriptions)
        allowed = rights.permissions_of({s.who for s in listening})
        for subscription in listening:
            permissions = allowed.get(subscription.who)
            if permissions is None:
                self.leave(subscription)
                subscription.end(End.SIGNED_OUT)
            else:
                subscription.permissions = permissions

    def _end_all(self, why: End) -> None:
        with self._lock:
            ending, self._subscriptions = self._subscriptions, []
        for subscription in ending:
            subscription.end(why)


HUB = Hub()
