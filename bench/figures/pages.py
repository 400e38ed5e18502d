"""Pages of the console with 1,000,000 invoices in the books: how long each takes, and how many statements it needs."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median, quantiles
from typing import Final

from allsquare.core.garbage import keep_what_is_loaded
from allsquare.web.ui.static_build import ensure_static
from bench.addresses import addresses
from bench.company import Company
from bench.figure import Effort, Figure
from bench.visits import Visit, Visitor
from bench.volume.stock import LARGE, SMALL, in_volume

#: So many pages, those that were slowest at first, are visited so often in each round, in turn with one another.
SLOWEST: Final = 40
VISITS: Final = 1
#: First visits, of which the slower one says how slow a page may be.
FIRST: Final = 2


def measure(effort: Effort) -> Figure:
    """``value`` is the 95th percentile of the slowest page; of each page ``detail`` has the 50th, the 95th, the share
    of the time that was spent waiting for the database, and its statements with 1,000,000 and with 1,000 invoices."""
    ensure_static()
    with in_volume() as companies:
        return _measured(effort, companies)


def _measured(effort: Effort, companies: Mapping[str, Company]) -> Figure:
    small, large = Visitor(companies[SMALL]), Visitor(companies[LARGE])
    here = _pages(large, addresses(companies[LARGE].organization))
    few = _statements(small, addresses(companies[SMALL].organization))
    keep_what_is_loaded()  # as the server does
    visits: dict[str, list[Visit]] = defaultdict(list)
    for _number in range(FIRST):
        for name, path in here.items():
            visits[name].append(large.visit(path))
    slow = sorted(visits, key=lambda name: -max(visit.ms for visit in visits[name]))[:SLOWEST]
    for _number in range(effort.rounds * VISITS):
        for name in slow:
            visits[name].append(large.visit(here[name]))
    pages = {name: _summed(seen, few.get(name)) for name, seen in visits.items()}
    slowest = sorted(pages, key=lambda name: -float(pages[name]["p95"] or 0))
    _tell(pages, slowest)
    return Figure(
        unit="ms",
        rounds=[float(pages[slowest[0]]["p95"] or 0)],
        detail={
            "slowest": slowest[0],
            "over_200_ms": sum(float(page["p95"] or 0) > 200 for page in pages.values()),
            "more_statements_with_more_rows": sorted(
                name
                for name, page in pages.items()
                if page["statements_at_1000"] is not None and page["statements"] != page["statements_at_1000"]
            ),
            "most_statements": max(int(page["statements"] or 0) for page in pages.values()),
            "visits": {"each": FIRST, f"the slowest {SLOWEST}": FIRST + effort.rounds * VISITS},
            "pages": pages,
        },
    )


def _pages(visitor: Visitor, all_addresses: Mapping[str, str]) -> dict[str, str]:
    """Those that answer with a page; the others are buttons, files and streams. The first visit also warms."""
    found: dict[str, str] = {}
    for name, path in all_addresses.items():
        visit = visitor.visit(path)
        if visit.status >= 500 or (visit.status == 422 and visit.html):
            sys.stderr.write(f"{name} answers {visit.status} after {visit.ms:.0f} ms: {path}\n")
        if visit.status == 200 and visit.html:
            found[name] = path
    return found


def _statements(visitor: Visitor, all_addresses: Mapping[str, str]) -> dict[str, int]:
    """The second time: the first one may fill a cache."""
    return {name: visitor.visit(path).statements for name, path in _pages(visitor, all_addresses).items()}


def _summed(seen: Sequence[Visit], few: int | None) -> dict[str, float | int | None]:
    times = [visit.ms for visit in seen]
    return {
        "p50": round(median(times), 1),
        "p95": round(quantiles(times, n=20, method="inclusive")[-1], 1),
        "sql_share": round(sum(visit.sql_ms for visit in seen) / sum(times), 2),
        "cpu": round(median(visit.cpu_ms for visit in seen), 1),
        "statements": seen[-1].statements,
        "statements_at_1000": few,
    }


def _tell(pages: Mapping[str, Mapping[str, float | int | None]], slowest: Sequence[str]) -> None:
    """A table for people, the slowest first."""
    heads = ("p50", "p95", "sql_share", "cpu", "statements", "statements_at_1000")
    for name in slowest:
        cells = "  ".join(f"{pages[name][head]!s:>7}" for head in heads)
        sys.stderr.write(f"{cells}  {name}\n")
    sys.stderr.write("  ".join(heads) + "\n")
