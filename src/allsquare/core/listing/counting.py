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
#: From here on the planner has been wrong by so much that counting is stopped when it takes long.
DOUBTFUL: Final = 5_000
#: Milliseconds that such counting gets.
HASTE: Final = 100


@dataclass(frozen=True, slots=True)
class Count:
    number: int
    estimated: bool = False


def count_rows(rows: QuerySet[Any]) -> Count:
    """Two statements while that is cheap: the plan, and the count itself, which ends beyond ``EXACT``, is left out
    where the plan says that it would take long, and is stopped where it takes long nevertheless."""
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
            number = _counted(cursor, text, parameters, haste=plan["Total Cost"] > DOUBTFUL)
            if number is not None and number <= EXACT:
                return Count(number)
            expected = max(expected, number or 0)
    return Count(rounded(expected), estimated=True)


def _counted(cursor: Any, text: str, parameters: Any, *, haste: bool) -> int | None:
    """``None`` when it took too long."""

    def ask() -> int:
        cursor.execute(f"SELECT count(*) FROM ({text}) counted", parameters)  # noqa: S608  # Django's own text
        return int(cursor.fetchone()[0])

    return hastily(HASTE, ask) if haste else ask()


def _expected(plan: dict[str, Any]) -> int:
    """Rows below the limit."""
    return int(plan["Plans"][0]["Plan Rows"] if plan["Node Type"] == "Limit" else plan["Plan Rows"])


def rounded(number: int) -> int:
    """To two digits: an estimate must not look exact."""
    step = int(10 ** max(len(str(number)) - 2, 0))
    return (number + step // 2) // step * step
