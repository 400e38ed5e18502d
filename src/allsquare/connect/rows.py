"""A row of a list as an export has it: typed texts, so that a file of any format is written from them exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from allsquare.connect.files.part import Record
from allsquare.core.listing import Column, Kind, ListQuery, Row
from allsquare.core.money import Money

#: What a cell is: text, a number with so many decimals, a day, an instant on the organization's clock.
TEXT, NUMBER, DAY, INSTANT = "t", "n", "d", "i"


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one column of the file."""

    label: str


def heads(organization: Any, query: ListQuery) -> list[Head]:
    """One for each chosen column, and the currency of the amounts after the last of them."""
    zone = organization.time_zone
    found: list[Head] = []
    for column in query.columns:
        label = str(column.label)
        found.append(Head(f"{label} ({zone})" if column.kind is Kind.INSTANT else label))
    place = _currency_place(query.columns)
    if place:
        found.insert(place, Head(_("Currency of the amounts")))
    return found


def record_of(query: ListQuery, row: Row) -> Record:
    """The cells of one row, in the order of :func:`heads`."""
    values = [column.value(row) for column in query.columns]
    cells: Record = [_cell(column, value, row) for column, value in zip(query.columns, values, strict=True)]
    place = _currency_place(query.columns)
    if place:
        cells.insert(place, _currency_of(values))
    return cells


def _currency_place(columns: Sequence[Column]) -> int:
    """After the last amount; 0 where there is none."""
    places = [number for number, column in enumerate(columns, start=1) if column.kind is Kind.AMOUNT]
    return places[-1] if places else 0


def _currency_of(values: Sequence[object]) -> tuple[str, str] | None:
    """All amounts of a row are in one currency: a second one is a fault of the list, not a matter of a file."""
    codes = {value.currency.code for value in values if isinstance(value, Money)}
    if len(codes) > 1:
        raise ValueError(f"amounts of one row in several currencies: {sorted(codes)}")
    return (TEXT, codes.pop()) if codes else None


def _cell(column: Column, value: Any, row: Row) -> tuple[str, str] | None:
    if value is None or value == "":
        return None
    match column.kind:
        case Kind.AMOUNT:
            return NUMBER, value.plain
        case Kind.AMOUNTS:
            return (TEXT, "; ".join(str(part) for part in value)) if value else None
        case Kind.NUMBER:
            return NUMBER, f"{Decimal(value).normalize() + 0:f}"
        case Kind.DAY:
            return DAY, _iso(value)
        case Kind.INSTANT:
            local: datetime = value.astimezone(ZoneInfo(row.organization.time_zone))
            return INSTANT, local.isoformat(timespec="seconds")
    return TEXT, str(value)


def _iso(value: date) -> str:
    return value.isoformat()


_LEADERS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before what could begin one (OWASP, CSV
    injection), blanks before it or not."""
    bare = text.lstrip(" \u00a0\u200b\ufeff")
    return f"'{text}" if text.startswith(_LEADERS) or bare.startswith(_LEADERS) else text
