"""Several questions to one provider at once, for a short time. Asks nobody by itself, and touches no database."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice
from typing import Final, TypeVar

#: Questions to one account that are on their way together. Providers allow some 25 to 100 requests a second.
AT_ONCE: Final = 8
#: No question to an account begins later than this in one round: what is left is for the next.
SECONDS: Final = 2.0

Question = TypeVar("Question")
Answer = TypeVar("Answer")


def asked_at_once(
    questions: Sequence[Question],
    ask: Callable[[Question], Answer],
    *,
    at_once: int = AT_ONCE,
    seconds: float = SECONDS,
) -> Iterator[list[tuple[Question, Answer]]]:
    """Question and answer, of at least one question, and of all where that takes no longer than ``seconds``.

    What was answered by then comes first, and what was on its way still comes afterwards, so that one slow answer keeps
    the others waiting no longer. ``ask`` runs in threads of its own, with no connection to the database, unless only
    one question is asked at a time; what it raises is raised here.
    """
    until = time.monotonic() + seconds
    if at_once == 1 or len(questions) <= 1:
        yield _one_after_the_other(questions, ask, until)
        return
    waiting, lock = iter(questions), threading.Lock()
    answered: queue.SimpleQueue[tuple[Question, Answer]] = queue.SimpleQueue()

    def work() -> None:
        is_first = True
        while is_first or time.monotonic() < until:
            is_first = False
            with lock:
                mine = list(islice(waiting, 1))
            if not mine:
                return
            answered.put((mine[0], ask(mine[0])))

    threads = min(at_once, len(questions))
    with ThreadPoolExecutor(threads, thread_name_prefix="asking") as pool:
        running = [pool.submit(work) for _ in range(threads)]
        late = wait(running, timeout=seconds).not_done
        yield _taken(answered)
        if late:
            wait(late)
            yield _taken(answered)
        for each in running:
            each.result()


def _one_after_the_other(
    questions: Sequence[Question], ask: Callable[[Question], Answer], until: float
) -> list[tuple[Question, Answer]]:
    found: list[tuple[Question, Answer]] = []
    for each in questions:
        found.append((each, ask(each)))
        if time.monotonic() >= until:
            break
    return found


def _taken(answered: queue.SimpleQueue[tuple[Question, Answer]]) -> list[tuple[Question, Answer]]:
    """All that came by now."""
    found: list[tuple[Question, Answer]] = []
    while not answered.empty():
        found.append(answered.get())
    return found
