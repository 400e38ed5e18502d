"""What the lines of one account say about one customer: the sub-ledger that a statement is read from.

Everything that is summed here stands in one index, ``journal_line_by_customer``, in the order in which it is read: all
that a customer ever did is added up without touching the journal itself (see docs/decisions/0017).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from allsquare.core import bulk
from allsquare.identity.models import Organization
from allsquare.ledger.chart import AccountRole


class Place(NamedTuple):
    """Where a line stands: in the order of currencies, of days, and of booking."""

    currency: str = ""
    day: date = date.min
    id: UUID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose lines on which account, booked from ``start`` to ``end``, both inclusive."""

    organization: Organization
    role: AccountRole
    customer_id: UUID
    start: date
    end: date

    def parameters(self, place: Place = Place()) -> dict[str, Any]:  # noqa: B008  # frozen
        return {
            "organization": self.organization.id,
            "role": self.role.value,
            "customer": self.customer_id,
            "start": self.start,
            "end": self.end,
            **place._asdict(),
        }


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one currency: what stood before the days that are asked for and up to a place in them, what stands at their
    end, and how many lines are in them. Minor units, debit positive."""

    carried: int = 0
    closing: int = 0
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """``kind`` and ``source_id`` are the entry's, ``document_id`` the invoice that the line concerns."""

    place: Place
    kind: str
    source_id: UUID
    document_id: UUID | None
    minor: int


# Lines of nothing (an exchange difference alone) are in base currency: a customer never saw them.
_MINE: Final = """
    FROM journal_line
    WHERE organization_id = %(organization)s AND customer_id = %(customer)s AND amount_minor <> 0
        AND account_id = (
            SELECT id FROM account WHERE organization_id = %(organization)s AND role = %(role)s AND detail = '')
"""

_SUMS: Final = f"""
    SELECT currency,
        coalesce(sum(amount_minor) FILTER (WHERE date < %(start)s OR (
            currency = %(currency)s AND (date, id) <= (%(day)s, %(id)s))), 0)::bigint,
        sum(amount_minor)::bigint,
        count(*) FILTER (WHERE date >= %(start)s)
    {_MINE} AND date <= %(end)s GROUP BY currency
"""  # the lines from above

_LINES: Final = f"""
    SELECT l.currency, l.date, l.id, e.kind, e.source_id, l.document_id, l.amount_minor
    FROM (
        SELECT id, currency, date, document_id, entry_id, amount_minor
        {_MINE} AND date BETWEEN %(start)s AND %(end)s
            AND (currency, date, id) > (%(currency)s, %(day)s, %(id)s)
        ORDER BY currency, date, id LIMIT %(limit)s
    ) l JOIN journal_entry e ON e.id = l.entry_id AND e.organization_id = %(organization)s
    ORDER BY l.currency, l.date, l.id
"""  # noqa: S608  # the lines from above

_BEFORE: Final = f"""
    SELECT currency, date, id {_MINE} AND date BETWEEN %(start)s AND %(end)s
        AND (currency, date, id) <= (%(currency)s, %(day)s, %(id)s)
    ORDER BY currency DESC, date DESC, id DESC OFFSET %(lines)s LIMIT 1
"""  # the lines from above

_BY_DAY: Final = f"""
    SELECT date, count(*) {_MINE} AND date BETWEEN %(start)s AND %(end)s GROUP BY date ORDER BY date DESC
"""  # the lines from above


def sums(asked: Asked, *, place: Place = Place()) -> Mapping[str, Sums]:  # noqa: B008  # frozen
    """By currency, for each in which there was a line up to the end."""
    found = bulk.run(_SUMS, asked.parameters(place))
    return {code: Sums(carried, closing, lines) for code, carried, closing, lines in found}


def lines(asked: Asked, *, after: Place, limit: int) -> list[Line]:
    """The first ``limit`` lines after a place, in reading order."""
    found = bulk.run(_LINES, {**asked.parameters(after), "limit": limit})
    return [
        Line(Place(code, day, name), kind, source_id, document_id, minor)
        for code, day, name, kind, source_id, document_id, minor in found
    ]


def place_before(asked: Asked, *, place: Place, lines: int) -> Place | None:
    """The place after which so many lines up to and with ``place`` stand; ``None`` where those are all there are."""
    found = bulk.run(_BEFORE, {**asked.parameters(place), "lines": lines})
    return Place(*found[0]) if found else None


def lines_by_day(asked: Asked) -> list[tuple[date, int]]:
    """How many lines each day has, the latest first."""
    return [(day, number) for day, number in bulk.run(_BY_DAY, asked.parameters())]
