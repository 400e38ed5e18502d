"""Several questions to one provider at once, for a short time. Asks nobody by itself, and touches no database.

Whoever asks has threads for it, which have no connection to the database. What must be looked up or written between two
questions, such as whether money may be taken, they have done by the one who began them: see :class:`Errands`.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import Final, Generic, TypeVar
from uuid import UUID

#: Questions to one account that are on their way together. Providers allow some 25 to 100 requests a second.
AT_ONCE: Final = 8
#: No question to an account begins later than this in one round: what is left is for the next.
WITHIN: Final = timedelta(seconds=2)
_SECOND: Final = 10**9

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Patience:
    """How much of its time each account has used up in one round, where they are asked one after the other."""

    def __init__(self, within: timedelta = WITHIN) -> None:
        self._most = _nanoseconds(within)
        self._spent: dict[UUID, int] = {}

    def is_over(self, account_id: UUID) -> bool:
        """What is left of this account is for the next round. Nobody's is over before they were asked."""
        spent = self._spent.get(account_id)
        return spent is not None and spent >= self._most

    @contextmanager
    def spent_on(self, account_id: UUID) -> Iterator[None]:
        begun = time.monotonic_ns()
        try:
            yield
        finally:
            self._spent[account_id] = self._spent.get(account_id, 0) + time.monotonic_ns() - begun


class Errands:
    """What threads that ask have done by the one who began them, and who made this."""

    def __init__(self) -> None:
        self._owner = threading.get_ident()
        self._sent: queue.SimpleQueue[tuple[Callable[[], object], Future[object]] | None] = (
            queue.SimpleQueue()
        )
        self._lock, self._over = threading.Lock(), False

    def done(self, work: Callable[[], Answer]) -> Answer:
        """What ``work`` gives or raises, done by whoever made this: at once by themselves, and for a thread while they
        wait for it."""
        if threading.get_ident() == self._owner:
            return work()
        done: Future[Answer] = Future()
        with self._lock:
            if self._over:
                raise RuntimeError("nobody waits for this question any more")
            self._sent.put((work, done))  # type: ignore[arg-type]  # whoever asked knows what comes of it
        return done.result()

    def one_less(self) -> None:
        """A thread has come to its end."""
        self._sent.put(None)

    def serve(self, threads: int, until: int | None) -> int:
        """Do what is wanted until so many have come to their end, or it is so late; how many have not."""
        while threads:
            left = None if until is None else max(0, until - time.monotonic_ns()) / _SECOND
            try:
                errand = self._sent.get(timeout=left)
            except queue.Empty:
                return threads
            if errand is None:
                threads -= 1
                continue
            work, done = errand
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)  # it is raised where it was wanted
                if not isinstance(error, Exception):
                    raise
        return 0

    def end(self) -> None:
        """Nobody waits any more, so that no thread waits for ever."""
        with self._lock:
            self._over = True
        while not self._sent.empty():
            errand = self._sent.get()
            if errand is not None:
                errand[1].set_exception(RuntimeError("nobody waits for this question any more"))


def asked_at_once(
    questions: Sequence[Question],
    ask: Callable[[Question], Answer],
    *,
    at_once: int = AT_ONCE,
    within: timedelta = WITHIN,
    errands: Errands | None = None,
) -> Iterator[list[tuple[Question, Answer]]]:
    """Question and answer, of at least one question, and of all where that takes no longer than ``within``.

    What was answered by then comes first, and what was on its way still comes afterwards, so that one slow answer keeps
    the others waiting no longer. ``ask`` runs in threads of its own, with no connection to the database, unless only
    one question is asked at a time; what it raises is raised here. What it has done by ``errands`` is done here.
    """
    until = time.monotonic_ns() + _nanoseconds(within)
    if at_once == 1 or len(questions) <= 1:
        yield _one_after_the_other(questions, ask, until)
        return
    helped = errands or Errands()
    asking = _Asking(questions, ask, until, helped.one_less)
    number = min(at_once, len(questions))
    # Daemons: a provider whose answer never ends must not keep the process from ending.
    for each in range(number):
        threading.Thread(target=asking.work, name=f"asking at once {each}", daemon=True).start()
    try:
        late = helped.serve(number, until)
        yield asking.taken()
        if late:
            helped.serve(late, None)
            yield asking.taken()
        asking.complain()
    finally:
        helped.end()


class _Asking(Generic[Question, Answer]):
    """The questions that several threads share out among them, and what they heard."""

    def __init__(
        self,
        questions: Sequence[Question],
        ask: Callable[[Question], Answer],
        until: int,
        ended: Callable[[], None],
    ) -> None:
        self._ask, self._until, self._ended = ask, until, ended
        self._waiting, self._lock = iter(questions), threading.Lock()
        self._answered: queue.SimpleQueue[tuple[Question, Answer]] = queue.SimpleQueue()
        self._failed: queue.SimpleQueue[Exception] = queue.SimpleQueue()

    def work(self) -> None:
        try:
            self._work()
        finally:
            self._ended()

    def _work(self) -> None:
        is_first = True
        while is_first or time.monotonic_ns() < self._until:
            is_first = False
            with self._lock:
                mine = list(islice(self._waiting, 1))
            if not mine:
                return
            try:
                self._answered.put((mine[0], self._ask(mine[0])))
            except Exception as error:  # noqa: BLE001  # whatever it is, it is raised where the answers are taken
                self._failed.put(error)
                return

    def taken(self) -> list[tuple[Question, Answer]]:
        """All that came since the last time."""
        found: list[tuple[Question, Answer]] = []
        while not self._answered.empty():
            found.append(self._answered.get())
        return found

    def complain(self) -> None:
        if not self._failed.empty():
            raise self._failed.get()


def _one_after_the_other(
    questions: Sequence[Question], ask: Callable[[Question], Answer], until: int
) -> list[tuple[Question, Answer]]:
    found: list[tuple[Question, Answer]] = []
    for each in questions:
        found.append((each, ask(each)))
        if time.monotonic_ns() >= until:
            break
    return found


def _nanoseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1) * 1000
