"""Several questions to one provider at once, for a short time. Asks nobody by itself, and touches no database."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import Final, Generic, TypeVar
from uuid import UUID

#: Questions to one account that are on their way together. Providers allow some 25 to 100 requests a second.
AT_ONCE: Final = 8
#: No question to an account begins later than this in one round: what is left is for the next.
WITHIN: Final = timedelta(seconds=2)

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


def asked_at_once(
    questions: Sequence[Question],
    ask: Callable[[Question], Answer],
    *,
    at_once: int = AT_ONCE,
    within: timedelta = WITHIN,
) -> Iterator[list[tuple[Question, Answer]]]:
    """Question and answer, of at least one question, and of all where that takes no longer than ``within``.

    What was answered by then comes first, and what was on its way still comes afterwards, so that one slow answer keeps
    the others waiting no longer. ``ask`` runs in threads of its own, with no connection to the database, unless only
    one question is asked at a time; what it raises is raised here.
    """
    until = time.monotonic_ns() + _nanoseconds(within)
    if at_once == 1 or len(questions) <= 1:
        yield _one_after_the_other(questions, ask, until)
        return
    asking = _Asking(questions, ask, until)
    # Daemons: a provider whose answer never ends must not keep the process from ending.
    threads = [
        threading.Thread(target=asking.work, name=f"asking at once {number}", daemon=True)
        for number in range(min(at_once, len(questions)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=max(0, until - time.monotonic_ns()) / _nanoseconds(timedelta(seconds=1)))
    yield asking.taken()
    late = [thread for thread in threads if thread.is_alive()]
    for thread in late:
        thread.join()
    if late:
        yield asking.taken()
    asking.complain()


class _Asking(Generic[Question, Answer]):
    """The questions that several threads share out among them, and what they heard."""

    def __init__(self, questions: Sequence[Question], ask: Callable[[Question], Answer], until: int) -> None:
        self._ask, self._until = ask, until
        self._waiting, self._lock = iter(questions), threading.Lock()
        self._answered: queue.SimpleQueue[tuple[Question, Answer]] = queue.SimpleQueue()
        self._failed: queue.SimpleQueue[Exception] = queue.SimpleQueue()

    def work(self) -> None:
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
