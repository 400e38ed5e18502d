"""How many rows a list has: exactly while that is quick to say, else what the planner expects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from allsquare.core.listing.haste import hastily

#: Counted exactly up to here.
EXACT: Final = 10_000
#: What counting may cost, in the planner's units (one page read in sequence is one): some tens of milliseconds.
AFFORDABLE: Final = 40_000
#: From here on the rows to look through are so many that a plan which is wrong about them costs a reader time.
DOUBTFUL: Final = 5_000
#: Milliseconds that such counting gets, and those of any other.
HASTE: Final = 40
LEISURE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Count:
    number: int
    estimated: bool = False


def count_rows(rows: QuerySet[Any]) -> Count:
    """The plan, and the count itself, which ends beyond ``EXACT``, is left out where the plan says that it would take
    long, and is stopped where it takes long nevertheless."""
    bounded = rows.order_by().values("id")[: EXACT + 1]
    try:
        text, parameters = bounded.query.sql_with_params()
    except EmptyResultSet:
        return Count(0)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {text}", parameters)
        answer = cursor.fetchone()[0]
        plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
        expected = _expected(plan)
        if plan["Total Cost"] <= AFFORDABLE:
            number = _counted(cursor, text, parameters, milliseconds=HASTE if _doubtful(plan) else LEISURE)
            if number is not None and number <= EXACT:
                return Count(number)
            expected = max(expected, number or 0)
    return Count(rounded(expected), estimated=True)


def _counted(cursor: Any, text: str, parameters: Any, *, milliseconds: int) -> int | None:
    """``None`` when it took too long."""

    def ask() -> int:
        cursor.execute(f"SELECT count(*) FROM ({text}) counted", parameters)  # noqa: S608  # Django's own text
        return int(cursor.fetchone()[0])

    return hastily(milliseconds, ask)


def _doubtful(plan: dict[str, Any]) -> bool:
    """Might it take long to come to the limit, should what is looked for be rarer than the planner thinks?"""
    return bool(_below(plan)["Total Cost"] > DOUBTFUL)


def _below(plan: dict[str, Any]) -> dict[str, Any]:
    """The plan without its limit."""
    found: dict[str, Any] = plan["Plans"][0] if plan["Node Type"] == "Limit" else plan
    return found


def _expected(plan: dict[str, Any]) -> int:
    """Rows, were there no limit."""
    return int(_below(plan)["Plan Rows"])


def rounded(number: int) -> int:
    """To two digits: an estimate must not look exact."""
    step = int(10 ** max(len(str(number)) - 2, 0))
    return (number + step // 2) // step * step
