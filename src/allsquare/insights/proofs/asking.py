"""Asking the proofs: all of them in one snapshot, so that payments under way cannot look like faults and the figures
of one proof agree with those of the next.

First come the scans that say of the dear questions whether there is anything to find, and the cheap questions; then
those of the dear ones that must be put after all. Outside a transaction several connections share the snapshot, one
for each lane: sums over millions of rows are the work of the database's processes, and each connection has one.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final

from django.db import connection, transaction

from allsquare.insights.proofs.proof import Proof, Result
from allsquare.insights.proofs.tallies import SCANS, Scan, Tallies, draw_lot, holds, scans_of

#: Few, since the database serves people meanwhile.
LANES: Final = min(4, os.cpu_count() or 1)

#: For sums by document in memory instead of on the disk; what is not needed is not taken.
_ROOM: Final = "SET LOCAL work_mem = '128MB'"
#: The lanes are the parallel work: workers beside them would only compete.
_ALONE: Final = "SET LOCAL max_parallel_workers_per_gather = 0"


@dataclass(frozen=True, slots=True)
class _Tallied:
    """What a scan came to, in how many seconds."""

    scan: Scan
    tallies: Tallies
    seconds: float


_Answer = Result | _Tallied


@dataclass(slots=True)
class _Round:
    """One check: what is to be asked, and what the scans said so far."""

    proofs: Sequence[Proof]
    lot: Mapping[str, int] = field(default_factory=draw_lot)
    told: dict[str, _Tallied] = field(default_factory=dict)

    @property
    def claimed(self) -> list[Proof]:
        return [proof for proof in self.proofs if proof.claimed]

    @property
    def scans(self) -> list[Scan]:
        wanted = {name for proof in self.claimed for name in scans_of(proof.name)}
        return [scan for scan in SCANS if scan.name in wanted]

    @property
    def at_once(self) -> list[Proof]:
        return [proof for proof in self.proofs if not proof.claimed]

    def are_all_told(self) -> bool:
        return len(self.told) == len(self.scans)

    def judged(self) -> tuple[list[Result], list[Proof]]:
        """When every scan has been asked: what holds by its tallies, and what must be asked itself. The seconds of a
        scan are shared by the proofs that it is for."""
        tallies = {name: value for each in self.told.values() for name, value in each.tallies.items()}
        users = Counter(name for proof in self.claimed for name in scans_of(proof.name))
        good: list[Result] = []
        doubtful: list[Proof] = []
        for proof in self.claimed:
            if holds(proof.name, tallies, self.lot):
                shares = [self.told[name].seconds / users[name] for name in scans_of(proof.name)]
                good.append(Result(proof=proof, findings=(), seconds=sum(shares)))
            else:
                doubtful.append(proof)
        return good, doubtful


def run(proofs: Iterable[Proof], *, lanes: int = LANES) -> Iterator[Result]:
    """Each proof's answer as soon as it is known, so in any order. Inside a transaction that somebody else began
    (a test's) they are asked there, one after another."""
    check = _Round(list(proofs))
    if connection.in_atomic_block:
        yield from map(_ask, check.at_once)
        check.told = {scan.name: _tally(scan, check.lot) for scan in check.scans}
        good, doubtful = check.judged()
        yield from good
        yield from map(_ask, doubtful)
        return
    with _snapshot() as name, ThreadPoolExecutor(lanes, thread_name_prefix="proofs") as pool:
        waiting: SimpleQueue[Proof | Scan | None] = SimpleQueue()
        answers: SimpleQueue[_Answer | BaseException | None] = SimpleQueue()
        first: list[Proof | Scan] = [*check.at_once[:1], *check.scans, *check.at_once[1:]]
        for task in first:
            waiting.put(task)
        for _number in range(lanes):
            pool.submit(_lane, name, check.lot, waiting, answers)
        try:
            yield from _answers(check, lanes, waiting, answers)
        finally:
            with suppress(Empty):  # whoever asked looks no further; a lane may take the last one meanwhile
                while True:
                    waiting.get_nowait()
            for _number in range(lanes):
                waiting.put(None)


def _answers(
    check: _Round,
    lanes: int,
    waiting: SimpleQueue[Proof | Scan | None],
    answers: SimpleQueue[_Answer | BaseException | None],
) -> Iterator[Result]:
    """Until every lane has ended, which they do when the scans are judged and nothing waits."""
    judged, ended = False, 0
    while ended < lanes:
        if not judged and check.are_all_told():
            judged = True
            good, doubtful = check.judged()
            for proof in doubtful:
                waiting.put(proof)
            for _number in range(lanes):
                waiting.put(None)
            yield from good
        match answers.get():
            case None:
                ended += 1
            case _Tallied() as told:
                check.told[told.scan.name] = told
            case Result() as result:
                yield result
            case BaseException() as error:
                raise error


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


def _lane(
    snapshot: str,
    lot: Mapping[str, int],
    waiting: SimpleQueue[Proof | Scan | None],
    answers: SimpleQueue[_Answer | BaseException | None],
) -> None:
    """In a thread: proofs and scans out of the queue, each asked in the shared snapshot."""
    try:
        while (task := waiting.get()) is not None:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
                    cursor.execute(_ROOM)
                    cursor.execute(_ALONE)
                answers.put(_tally(task, lot) if isinstance(task, Scan) else _ask(task))
    except BaseException as error:  # noqa: BLE001  # whoever asks raises it
        answers.put(error)
    finally:
        answers.put(None)
        connection.close()


def _ask(proof: Proof) -> Result:
    start = time.perf_counter()
    findings = tuple(proof.find())
    return Result(proof=proof, findings=findings, seconds=time.perf_counter() - start)


def _tally(scan: Scan, lot: Mapping[str, int]) -> _Tallied:
    start = time.perf_counter()
    tallies = scan.ask(lot)
    return _Tallied(scan, tallies, time.perf_counter() - start)
