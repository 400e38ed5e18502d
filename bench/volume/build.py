"""Writing what was planned, table by table: every row like one that the real services made.

In a test every guard of the database is on. For millions of rows they would take most of the time, so a benchmark
leaves them out (``guarded=False``), and ``allsquare verify`` asks afterwards whether the books hold.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

from django.db import transaction

from allsquare.core import bulk
from bench.company import Company
from bench.volume import books, indexes, money, papers, plan, sales, told
from bench.volume.patterns import Patterns


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each; payments come to about as many as invoices, journal lines to five times as many."""

    invoices: int
    customers: int
    items: int


def build(owner: Company, size: Size, *, guarded: bool) -> None:
    """Add ``size`` to the organization, over three years up to now."""
    patterns = Patterns.made(owner)
    with transaction.atomic():
        _plan(owner, size)
        if guarded:
            _write(owner, patterns)
            return
        bulk.run("SET LOCAL session_replication_role = replica")
        with indexes.set_aside() if size.invoices > 100_000 else nullcontext():
            _write(owner, patterns)
        bulk.run("SET LOCAL session_replication_role = origin")


def _plan(owner: Company, size: Size) -> None:
    bulk.run("SET LOCAL work_mem = '256MB'")
    plan.draw(
        customers=size.customers,
        items=size.items,
        invoices=size.invoices,
        base_currency=owner.organization.base_currency,
        time_zone=owner.organization.time_zone,
    )


def _write(owner: Company, patterns: Patterns) -> None:
    sales.write(owner, patterns)
    money.write(owner, patterns)
    books.write(owner, patterns.invoice.id, patterns.payment.id)
    told.write(patterns)
    papers.write(owner.organization)
