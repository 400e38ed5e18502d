"""Settling one at a time in an organization with 1,000,000 invoices, ÷ the same in one with 10,000.

Each has a database of its own, in the same PostgreSQL, and they take turns. What a round settled is taken away again:
its invoices were never booked, and a database that is kept must hold before ``allsquare verify``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final, LiteralString
from uuid import UUID

from django.db import transaction

from allsquare.core import bulk
from allsquare.ledger.services.roll_up import roll_up
from bench.company import Company, found
from bench.databases import inside, new_database
from bench.figure import Effort, Figure, Timed
from bench.settling import run, stock_rate, through_the_door
from bench.stock import Pattern, copies, pattern
from bench.volume.build import Size, build
from bench.volume.stock import DATABASE, LARGE, SIZES, in_volume

FEW: Final = Size(invoices=10_000, customers=500, items=200)
_SMALL: Final = "bench_small"

#: Payments per second that neither side reaches.
_MOST: Final = 1_200

_TAKE_AWAY: tuple[LiteralString, ...] = (
    "DELETE FROM event WHERE organization_id = %s AND subject_id = ANY(%s) AND subject_type = 'payment'",
    "DELETE FROM journal_line WHERE organization_id = %s AND entry_id IN (SELECT id FROM journal_entry"
    " WHERE organization_id = journal_line.organization_id AND source_type = 'payment' AND source_id = ANY(%s))",
    "DELETE FROM journal_entry WHERE organization_id = %s AND source_type = 'payment' AND source_id = ANY(%s)",
    "DELETE FROM allocation WHERE organization_id = %s AND payment_id = ANY(%s)",
    "DELETE FROM payment_attempt WHERE organization_id = %s AND payment_id = ANY(%s)",
    "DELETE FROM payment WHERE organization_id = %s AND id = ANY(%s)",
)
_TAKE_INVOICES_AWAY: tuple[LiteralString, ...] = (
    "DELETE FROM event WHERE organization_id = %s AND subject_id = ANY(%s) AND subject_type = 'invoice'",
    "DELETE FROM invoice WHERE organization_id = %s AND id = ANY(%s)",
)


@dataclass(frozen=True, slots=True)
class _Place:
    database: str
    owner: Company
    of: Pattern

    def settle(self, seconds: float, seen: Sequence[Timed]) -> Timed:
        with inside(self.database):
            attempts = copies(self.of, int((stock_rate(_MOST, seen) if seen else _MOST) * seconds))
            bulk.run("CHECKPOINT")
            took = run(through_the_door(self.owner, self.of), 1, attempts, seconds)
            self._take_away(attempts)
        return took

    def close(self) -> None:
        """The started payment goes; its invoice is one like all others."""
        with inside(self.database), _unguarded():
            _each(_TAKE_AWAY, self.owner, [self.of.payment.id])

    def _take_away(self, attempts: Sequence[UUID]) -> None:
        made = bulk.run(
            """SELECT p.id, p.invoice_id FROM payment p JOIN payment_attempt a ON a.payment_id = p.id
               WHERE p.organization_id = %s AND a.organization_id = p.organization_id AND a.id = ANY(%s)""",
            [self.owner.organization.id, list(attempts)],
        )
        with _unguarded():
            _each(_TAKE_AWAY, self.owner, [payment for payment, _ in made])
            _each(_TAKE_INVOICES_AWAY, self.owner, [invoice for _, invoice in made])


def measure(effort: Effort) -> Figure:
    effort = effort.half()
    with in_volume() as companies:
        large = _place(DATABASE, companies[LARGE])
    new_database(_SMALL)
    with inside(_SMALL):
        owner = found("Growing GmbH")
        build(owner, FEW, guarded=False)
        roll_up(organization=owner.organization)
    small = _place(_SMALL, owner)
    few: list[Timed] = []
    many: list[Timed] = []
    effort.turn_by_turn(
        lambda seconds: few.append(small.settle(seconds, few)),
        lambda seconds: many.append(large.settle(seconds, many)),
    )
    large.close()
    return Figure(
        unit="× at 10,000 invoices",
        ratio=True,
        rounds=[mine.rate / theirs.rate for mine, theirs in zip(many[1:], few[1:], strict=True)],
        detail={
            "invoices": [FEW.invoices, SIZES[LARGE].invoices],
            "payments_per_second": [round(median(each.rate for each in side[1:])) for side in (few, many)],
        },
    )


def _place(database: str, owner: Company) -> _Place:
    with inside(database):
        of = pattern(owner, owner.account)
        bulk.run("VACUUM ANALYZE")
    return _Place(database, owner, of)


@contextmanager
def _unguarded() -> Iterator[None]:
    """A transaction in which no guard of the database is asked."""
    with transaction.atomic():
        bulk.run("SET LOCAL session_replication_role = replica")
        yield


def _each(statements: Sequence[LiteralString], owner: Company, ids: Sequence[UUID]) -> None:
    for statement in statements:
        bulk.run(statement, [owner.organization.id, list(ids)])
