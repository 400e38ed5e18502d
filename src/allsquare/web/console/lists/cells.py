"""The cells of a list: the value of a column, drawn after its kind, with the way to what it names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from allsquare.core.formatting import format_quantity
from allsquare.core.listing import Column, Kind, Place, Row
from allsquare.core.money import Money
from allsquare.web.console.lists.special import LINKS, SPECIAL, WORDS
from allsquare.web.ui import formats
from allsquare.web.ui.markup import escaped
from allsquare.web.ui.templatetags.ui import copyable, money, state_badge

_NOTHING: Final = format_html('<span class="text-secondary">{}</span>', "–")

#: Classes of a cell by where a phone shows it.
_PLACES: Final = {
    Place.TITLE: "name at-top",
    Place.TOP_END: "at-end at-top",
    Place.END: "at-end",
    Place.MINOR: "minor",
    Place.WIDE: "wide-only",
}
_NUMERIC: Final = frozenset({Kind.AMOUNT, Kind.AMOUNTS, Kind.NUMBER})


def classes(column: Column) -> str:
    place = "minor brought-out" if _brought_out(column) else _PLACES[column.place]
    if column.kind in _NUMERIC:
        return f"num {place}"
    return f"name {place}" if column.kind is Kind.TEXT and column.place is not Place.TITLE else place


def _brought_out(column: Column) -> bool:
    """Is it one that a person asked for, and that a phone would leave out? Who asks for it there wants to see it."""
    return column.place is Place.WIDE and not column.shown


def _label(column: Column) -> SafeString:
    """On a phone no head says what it is."""
    if not _brought_out(column):
        return SafeString("")
    return format_html('<span class="narrow-only text-secondary">{} </span>', column.label)


def head_classes(column: Column) -> str:
    return "num" if column.kind in _NUMERIC else ""


def row_cells(list_name: str, columns: Sequence[Column], row: Row, url: str) -> SafeString:
    """All cells of a row. Put together here: a template takes many times as long for hundreds of them."""
    looks = [(item, classes(item), _label(item)) for item in columns]
    cells = ((look, label, cell(list_name, item, row, url)) for item, look, label in looks)
    return SafeString(
        "".join(
            f'<td class="{look} nothing">{shown}</td>'
            if shown is _NOTHING
            else f'<td class="{look}">{label}{shown}</td>'
            for look, label, shown in cells
        )
    )


def cell(list_name: str, column: Column, row: Row, url: str) -> SafeString:
    """What stands in the cell. ``url`` is the page of the row, to which its fixed column leads."""
    special = SPECIAL.get((list_name, column.name))
    shown = special(row) if special else _drawn(list_name, column, row)
    link = LINKS.get((list_name, column.name))
    if link is not None and shown is not _NOTHING:
        there = link(row)
        return SafeString(f'<a class="quiet" href="{escaped(there)}">{shown}</a>') if there else shown
    if column.fixed and url:
        return SafeString(f'<a class="row-link" href="{escaped(url)}">{shown}</a>')
    return shown


def _drawn(list_name: str, column: Column, row: Row) -> SafeString:
    value = column.value(row)
    if value is None or value == "":
        return _NOTHING
    if column.kind is Kind.STATE:
        return state_badge(column.badge, str(value))
    if column.kind is Kind.CODE:
        words = WORDS.get((list_name, column.name), _in_words)
        return SafeString(escaped(words(str(value))))
    return _DRAWERS[column.kind](value, row.organization)


def _in_words(code: str) -> str:
    return code.replace(".", " ").replace("_", " ")


def _text(value: object, _organization: Any) -> SafeString:
    return SafeString(escaped(value))


def _amount(value: Money, _organization: Any) -> SafeString:
    return money(value)


def _amounts(value: Sequence[Money], _organization: Any) -> SafeString:
    return format_html_join("", "<div>{}</div>", ((money(part),) for part in value)) or _NOTHING


def _number(value: Decimal | int, _organization: Any) -> SafeString:
    return format_html("{}", format_quantity(Decimal(value).normalize() + 0, formats.language()))


def _day(value: date, organization: Any) -> SafeString:
    return _time(formats.calendar_day(value, organization))


def _instant(value: datetime, organization: Any) -> SafeString:
    return _time(formats.instant(value, organization))


def _time(shown: formats.Shown) -> SafeString:
    return SafeString(
        f'<time class="dt" datetime="{shown.machine}" title="{escaped(shown.full)}">{escaped(shown.exact)}</time>'
    )


def _id(value: object, _organization: Any) -> SafeString:
    return SafeString(render_to_string("ui/parts/copyable.html", copyable(value, short=True)))


_DRAWERS: Final[dict[Kind, Callable[[Any, Any], SafeString]]] = {
    Kind.TEXT: _text,
    Kind.AMOUNT: _amount,
    Kind.AMOUNTS: _amounts,
    Kind.NUMBER: _number,
    Kind.DAY: _day,
    Kind.INSTANT: _instant,
    Kind.ID: _id,
}
