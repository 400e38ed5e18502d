"""What a proof is, and how it is run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db import connection, transaction

#: More broken rows than this are counted, not named.
NAMED = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that breaks a promise."""

    organization: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Proof:
    """``invariant`` is I1…I4 of the reliability promises, or ``cache``, ``document``. ``find`` yields broken rows."""

    name: str
    invariant: str
    promise: str
    find: Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Result:
    proof: Proof
    findings: tuple[Finding, ...]
    more: bool
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.findings


def sql(question: str) -> Callable[[], Iterator[Finding]]:
    """A question whose rows are (organization, subject, text)."""

    def find() -> Iterator[Finding]:
        with connection.cursor() as cursor:
            cursor.execute(question)
            for organization, subject, text in cursor:
                yield Finding(str(organization), str(subject), text)

    return find


def run(proofs: Iterable[Proof]) -> Iterator[Result]:
    """Ask each proof in one snapshot of its own, so that payments under way cannot look like faults."""
    for proof in proofs:
        start = time.perf_counter()
        outermost = not connection.in_atomic_block
        with transaction.atomic():
            if outermost:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = list(islice(proof.find(), NAMED + 1))
        yield Result(
            proof=proof,
            findings=tuple(found[:NAMED]),
            more=len(found) > NAMED,
            seconds=time.perf_counter() - start,
        )
