"""The filters of a list as fields of a form, and those that are set as chips."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.core.listing import (
    AmountFilter,
    ChoiceFilter,
    CodeFilter,
    CurrencyFilter,
    DayFilter,
    Filter,
    ListQuery,
    OtherRow,
    RowFilter,
)
from allsquare.core.listing.days import OFFERED as OFFERED_DAYS
from allsquare.core.listing.days import OFFERED_AHEAD, said
from allsquare.core.listing.filters import Span, one
from allsquare.core.listing.query import SEARCH
from allsquare.web.console.lists.looks import Look
from allsquare.web.console.lists.special import OFFERED


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that narrows the list, and the address without it."""

    label: str
    text: str
    url: str


#: Where a picker asks while somebody types. What is looked for may be about a customer who was archived since.
_PICKERS: Final = {"customer": ("console:customer_pick", "archived=1")}


@dataclass(frozen=True, slots=True)
class Picker:
    """A field of a form, and the address that answers what is typed."""

    field: forms.BoundField
    search: str


@dataclass(frozen=True, slots=True)
class Field:
    """``inputs`` are (parameter, label, value); ``options`` (value, label, chosen) where one chooses."""

    kind: str
    name: str
    label: str
    inputs: tuple[tuple[str, str, str], ...] = ()
    options: tuple[tuple[str, str, bool], ...] = ()
    picker: Picker | None = None


def _picker(item: RowFilter, value: OtherRow | None) -> Picker:
    """With the name of what is chosen, for who comes back to the form."""
    form = forms.Form(initial={item.name: value.id if value else ""}, auto_id="filter-%s")
    chosen = [(str(value.id), value.name)] if value else []
    form.fields[item.name] = forms.ChoiceField(
        label=str(item.label), required=False, choices=[("", "–"), *chosen], help_text=str(item.hint)
    )
    page, what = _PICKERS[item.picker]
    return Picker(form[item.name], f"{reverse(page)}?{what}")


def _spans(item: DayFilter, now: str) -> tuple[tuple[str, str, bool], ...]:
    """Days that move with the calendar, one that somebody wrote into the address too."""
    words = [*OFFERED_DAYS, *(OFFERED_AHEAD if item.is_ahead else ())]
    if now and now not in words:
        words.append(now)
    return tuple((word, said(word), word == now) for word in words)


def chips(organization: Any, look: Look, query: ListQuery) -> list[Chip]:
    found = [
        Chip(str(item.label), item.told(organization, value), _without(look, query, item.parameters))
        for item, value in query.set_filters()
    ]
    if query.search:
        found.insert(0, Chip(_("Search"), f"“{query.search}”", _without(look, query, (SEARCH,))))
    return found


def _without(look: Look, query: ListQuery, names: tuple[str, ...]) -> str:
    """Left bare, the address would open the default view; so it says that none is wanted."""
    text = urlencode(query.parameters(without=names))
    return f"{look.url}?{text or 'view=all'}"


def fields(organization: Any, query: ListQuery) -> list[Field]:
    return [_field(organization, query, item) for item in query.spec.filters]


def _field(organization: Any, query: ListQuery, item: Filter) -> Field:
    """From what was read of the address; amounts stand as they were typed."""
    label = str(item.label)
    value: Any = query.values.get(item.name)
    text = "" if value is None else str(value)

    match item:
        case ChoiceFilter():
            options = tuple(
                (choice.value, str(choice.label), choice.value in (value or ())) for choice in item.choices
            )
            return Field("single" if item.single else "choice", item.name, label, options=options)
        case DayFilter():
            low, high, _word = item.parameters
            span = value or Span()
            first, last = ("" if span.word else _iso(day) for day in (span.low, span.high))
            inputs = ((low, _("from"), first), (high, _("to"), last))
            return Field("days", item.name, label, inputs, _spans(item, span.word))
        case AmountFilter():
            low, high = item.parameters
            inputs = (
                (low, _("at least"), one(query.given, low)),
                (high, _("at most"), one(query.given, high)),
            )
            return Field("amounts", item.name, label, inputs)
        case CurrencyFilter():
            return Field("currency", item.name, label, ((item.name, label, text),))
        case RowFilter() if item.picker:
            return Field("pick", item.name, label, picker=_picker(item, value))
        case RowFilter():
            return Field("hidden", item.name, label, ((item.name, label, str(value.id) if value else ""),))
        case CodeFilter() if (query.spec.name, item.name) in OFFERED:
            known = OFFERED[query.spec.name, item.name]()
            offered = tuple((code, words, code == text) for code, words in known)
            return Field("single", item.name, label, options=offered)
    return Field("text", item.name, label, ((item.name, label, text),))


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
