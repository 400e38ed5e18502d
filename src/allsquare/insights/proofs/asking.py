"""Asking the proofs: all of them in one snapshot, so that payments under way cannot look like faults and the figures
of one proof agree with those of the next.

Outside a transaction several connections share the snapshot, one for each lane: sums over millions of rows are
the work of the database's processes, and there is one for each connection.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Final

from django.db import connection, transaction

from allsquare.insights.proofs.proof import Proof, Result

#: Few, since the database serves people meanwhile.
LANES: Final = min(4, os.cpu_count() or 1)

#: For sums by document in memory instead of on the disk; what is not needed is not taken.
_ROOM: Final = "SET LOCAL work_mem = '128MB'"
#: The lanes are the parallel work: workers beside them would only compete.
_ALONE: Final = "SET LOCAL max_parallel_workers_per_gather = 0"


def run(proofs: Iterable[Proof], *, lanes: int = LANES) -> Iterator[Result]:
    """Each proof's answer as soon as it is known, so in any order. Inside a transaction that somebody else began
    (a test's) they are asked there, one after another."""
    if connection.in_atomic_block:
        yield from map(_ask, proofs)
        return
    with _snapshot() as name, ThreadPoolExecutor(lanes, thread_name_prefix="proofs") as pool:
        waiting: SimpleQueue[Proof | None] = SimpleQueue()
        for proof in proofs:
            waiting.put(proof)
        answers: SimpleQueue[Result | None] = SimpleQueue()
        for _number in range(lanes):
            waiting.put(None)
        working = [pool.submit(_lane, name, waiting, answers) for _number in range(lanes)]
        try:
            for _end in working:
                while (answer := answers.get()) is not None:
                    yield answer
            for lane in as_completed(working):
                lane.result()
        finally:
            while not waiting.empty():  # whoever asked looks no further
                waiting.get()
            for _number in range(lanes):
                waiting.put(None)


@contextmanager
def _snapshot() -> Iterator[str]:
    """The name of a snapshot, kept by a connection of its own for as long as it is to be shared."""
    keeper = connection.copy()
    try:
        with keeper.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (name,) = cursor.fetchone()
        yield name
    finally:
        keeper.close()


def _lane(snapshot: str, waiting: SimpleQueue[Proof | None], answers: SimpleQueue[Result | None]) -> None:
    """In a thread: proofs out of the queue, each asked in the shared snapshot."""
    try:
        while (proof := waiting.get()) is not None:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
                    cursor.execute(_ROOM)
                    cursor.execute(_ALONE)
                answers.put(_ask(proof))
    finally:
        answers.put(None)
        connection.close()


def _ask(proof: Proof) -> Result:
    start = time.perf_counter()
    findings = tuple(proof.find())
    return Result(proof=proof, findings=findings, seconds=time.perf_counter() - start)
