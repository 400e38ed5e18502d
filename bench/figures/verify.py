"""A usual ``allsquare verify``: every promise asked of the three organizations whose pages are measured."""

from __future__ import annotations

import time

from allsquare.billing.models import Invoice
from allsquare.core.models import Event, EventSeal
from allsquare.core.sealer import seal
from allsquare.insights.proofs import PROOFS, Result, run
from allsquare.ledger.models import JournalLine
from bench.figure import Effort, Figure
from bench.volume.stock import in_volume

#: A check is a long measurement by itself: so many, whatever the effort.
ROUNDS = 1
#: Seconds for sealing what no run before has sealed. Where the database is kept, later runs seal the rest.
SEALING = 30


def measure(_effort: Effort) -> Figure:
    """``value`` is the seconds of a whole check. ``detail`` has how many rows there are, how many events are sealed
    (only these can be proven) and the seconds of the slowest promises, lane beside lane."""
    with in_volume():
        return _measured()


def _measured() -> Figure:
    _seal_some()
    rounds: list[float] = []
    for _number in range(ROUNDS):
        began = time.perf_counter()
        results = list(run(PROOFS))
        rounds.append(time.perf_counter() - began)
    # No worker runs here, so what is due is overdue in a database that was kept.
    broken = [
        result.proof.name for result in results if not result.holds and result.proof.invariant != "deadline"
    ]
    if broken:
        raise RuntimeError(f"what was written for the measurement does not hold: {', '.join(broken)}")
    slowest = sorted(results, key=_seconds, reverse=True)[:10]
    return Figure(
        unit="s",
        rounds=rounds,
        detail={
            "invoices": Invoice.objects.count(),
            "journal_lines": JournalLine.objects.count(),
            "events": Event.objects.count(),
            "sealed": EventSeal.objects.count(),
            "promises": len(results),
            "slowest": {result.proof.name: round(result.seconds, 2) for result in slowest},
        },
    )


def _seconds(result: Result) -> float:
    return result.seconds


def _seal_some() -> None:
    end = time.monotonic() + SEALING
    while time.monotonic() < end and seal(limit=20_000):
        pass
