"""Work that asks providers over the network is spread over threads, so that one that hangs holds up nobody else.

A provider may take a connection and then say nothing for half an hour, and each question to it waits out its time.
Whoever waits behind such a question in one line waits for all of them. So each account (or organization) is served by
itself, by one thread at a time, and one provider keeps at most half of the threads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeVar
from uuid import UUID

from django.db import DatabaseError, OperationalError, close_old_connections, connection

from allsquare.core.errors import INDIGESTIBLE
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount

log = logging.getLogger(__name__)

#: At the end, whatever asks is given so many seconds for its answer. It loses nothing by being left: so does a kill.
PATIENCE: Final = 25.0

Served = TypeVar("Served", Organization, GatewayAccount)


class Each(Protocol):
    """How many of ``those`` are served: returns how much was done."""

    def __call__(self, those: Iterable[Served], work: Callable[[Served], int]) -> int: ...


def one_by_one(those: Iterable[Served], work: Callable[[Served], int]) -> int:
    """What fails for one of them (an adapter that is gone, too) is logged and tried again with the next round; those
    after it are served."""
    return sum(_served(one, work) for one in those)


def _served(one: Served, work: Callable[[Served], int]) -> int:
    try:
        return work(one)
    except OperationalError:
        raise  # the database's trouble, not this one's
    except INDIGESTIBLE:
        log.exception("%s %s could not be served and will be tried again", type(one).__name__, one.id)
        return 0


@dataclass(frozen=True, slots=True)
class _Job:
    """``of`` names those of which no more than half of the threads may work at once: a provider, mostly."""

    round: str
    whom: UUID
    of: str
    work: Callable[[], int]


class Lanes:
    """Up to ``threads`` threads, begun as they are needed."""

    def __init__(self, threads: int = 8) -> None:
        self._most, self._most_of_one = threads, max(1, threads // 2)
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._known: set[tuple[str, UUID]] = set()  # who waits or is being served, and in which round
        self._running: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._fault: BaseException | None = None
        self._ended = False

    def of(self, name: str) -> Each:
        """For the round ``name``: does not wait for what it begins, so what it returns was done since the last time.
        Whoever is being served still is not served twice at once."""

        def each(those: Iterable[Served], work: Callable[[Served], int]) -> int:
            jobs = [_Job(name, one.id, _of(name, one), partial(_served, one, work)) for one in those]
            with self._changed:
                if self._fault is not None:
                    raise self._fault
                self._put(jobs)
                done = self._done[name]
                self._done[name] = 0
                return done

        return each

    def end(self) -> None:
        """What is being done comes to its end, if it does so soon; nothing new is begun."""
        with self._changed:
            self._ended = True
            self._waiting.clear()
            self._changed.notify_all()
        until = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(timeout=max(0.0, until - time.monotonic()))

    def _put(self, jobs: Iterable[_Job]) -> None:
        new = [job for job in jobs if (job.round, job.whom) not in self._known]
        self._known.update((job.round, job.whom) for job in new)
        self._waiting.extend(new)
        self._changed.notify_all()
        while not self._ended and len(self._threads) < min(self._most, len(self._known)):
            number = len(self._threads) + 1
            # A daemon: a provider that never ends its answer must not keep the worker from ending.
            thread = threading.Thread(target=self._work, name=f"asking {number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        try:
            while (job := self._next()) is not None:
                done = 0
                try:
                    close_old_connections()
                    done = job.work()
                except DatabaseError:
                    log.exception("round %s failed for %s and will be tried again", job.round, job.whom)
                finally:
                    self._over(job, done)
        except BaseException as fault:  # nobody foresaw it, so the worker must not go on as if it were alive
            with self._changed:
                self._fault = fault
            raise
        finally:
            connection.close()

    def _next(self) -> _Job | None:
        """The first whose provider does not keep too many threads already; ``None`` at the end."""
        with self._changed:
            while not self._ended:
                job = next((each for each in self._waiting if self._has_room(each)), None)
                if job is not None:
                    self._waiting.remove(job)
                    self._running[job.of] += 1
                    return job
                self._changed.wait()
            return None

    def _has_room(self, job: _Job) -> bool:
        return self._running[job.of] < self._most_of_one

    def _over(self, job: _Job, done: int) -> None:
        with self._changed:
            self._running[job.of] -= 1
            self._known.discard((job.round, job.whom))
            self._done[job.round] += done
            self._changed.notify_all()


def _of(name: str, one: Organization | GatewayAccount) -> str:
    return one.gateway if isinstance(one, GatewayAccount) else f"round {name}"
