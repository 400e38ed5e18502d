"""The same work by several processes at once, each with its own connection to the database."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import connections

from bench.figure import Timed

#: One process's part of the work: it gets its stock and its seconds, and does what it can.
Work = Callable[[Sequence[UUID], float], Timed]

#: Patience with a process that does not come back.
_LATEST_SECONDS = 600


def crowd(
    work: Work, stock: Sequence[UUID], *, processes: int, seconds: float, never_idle: bool = False
) -> Timed:
    """Deal ``stock`` out; all begin together. Counts are summed, and the slowest one's seconds count. Clients of a
    server are to be ``never_idle``: who came to the end of the stock before the others only waited for them."""
    if processes == 1:
        return work(stock, seconds)
    connections.close_all()  # a connection must not be shared with what is forked
    fork = multiprocessing.get_context("fork")
    line, answers = fork.Barrier(processes), fork.Queue()

    def one(part: Sequence[UUID]) -> None:
        answer = None
        try:
            line.wait()
            answer = work(part, seconds)
        finally:
            answers.put(answer)

    workers = [fork.Process(target=one, args=(stock[n::processes],)) for n in range(processes)]
    for worker in workers:
        worker.start()
    given: list[Timed | None] = [answers.get(timeout=_LATEST_SECONDS) for _ in workers]
    for worker in workers:
        worker.join()
    parts = [part for part in given if part is not None]
    if len(parts) < processes:
        raise RuntimeError("a process of the crowd failed; it said why")
    if never_idle and min(part.seconds for part in parts) < seconds:
        raise AssertionError("there was too little to do, so clients only waited")
    return Timed(
        count=sum(part.count for part in parts),
        seconds=max(part.seconds for part in parts),
        cpu_seconds=sum(part.cpu_seconds for part in parts),
    )
