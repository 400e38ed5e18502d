"""The filters of a list as fields of a form, and those that are set as chips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from allsquare.core.listing import (
    AmountFilter,
    ChoiceFilter,
    CodeFilter,
    CurrencyFilter,
    DayFilter,
    Filter,
    ListQuery,
    RowFilter,
)
from allsquare.core.listing.query import SEARCH
from allsquare.web.console.lists.looks import Look
from allsquare.web.console.lists.special import OFFERED


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that narrows the list, and the address without it."""

    label: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Field:
    """``inputs`` are (parameter, label, value); ``options`` (value, label, chosen) where one chooses."""

    kind: str
    name: str
    label: str
    inputs: tuple[tuple[str, str, str], ...] = ()
    options: tuple[tuple[str, str, bool], ...] = ()


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


def fields(query: ListQuery) -> list[Field]:
    return [_field(query, item) for item in query.spec.filters]


def _field(query: ListQuery, item: Filter) -> Field:
    label = str(item.label)

    def given(name: str) -> str:
        values = query.given.get(name) or [""]
        return values[-1]

    match item:
        case ChoiceFilter():
            chosen = query.values.get(item.name) or ()
            options = tuple(
                (choice.value, str(choice.label), choice.value in chosen)  # type: ignore[operator]  # as it reads
                for choice in item.choices
            )
            return Field("single" if item.single else "choice", item.name, label, options=options)
        case DayFilter():
            low, high = item.parameters
            inputs = ((low, _("from"), given(low)), (high, _("to"), given(high)))
            return Field("days", item.name, label, inputs)
        case AmountFilter():
            low, high = item.parameters
            inputs = ((low, _("at least"), given(low)), (high, _("at most"), given(high)))
            return Field("amounts", item.name, label, inputs)
        case CurrencyFilter():
            return Field("currency", item.name, label, ((item.name, label, given(item.name)),))
        case RowFilter():
            return Field("hidden", item.name, label, ((item.name, label, given(item.name)),))
        case CodeFilter() if (query.spec.name, item.name) in OFFERED:
            now, known = given(item.name), OFFERED[query.spec.name, item.name]()
            offered = tuple((code, words, code == now) for code, words in known)
            return Field("single", item.name, label, options=offered)
    return Field("text", item.name, label, ((item.name, label, given(item.name)),))
