"""What an address asks of a list: read strictly, and written back the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from allsquare.core.errors import InvalidInput
from allsquare.core.listing.columns import Column
from allsquare.core.listing.filters import Filter, Given, one
from allsquare.core.listing.search import Search
from allsquare.core.listing.sorts import Cursor, Sort
from allsquare.core.listing.spec import ListSpec

#: Parameters that are no filter.
SEARCH, SORT, AFTER, BEFORE, COLUMNS, VIEW = "q", "sort", "after", "before", "columns", "view"

#: What of an address a saved view does not keep: where one was in the list, and which view it was.
PASSING: Final = frozenset({AFTER, BEFORE, VIEW})


@dataclass(frozen=True, slots=True)
class ListQuery:
    """``values`` has each filter that is set. ``given`` is the address as it was, cut to what the list knows
    and without blanks."""

    spec: ListSpec
    sort: Sort
    descending: bool
    search: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    after: Cursor | None = None
    before: Cursor | None = None
    given: Given = field(default_factory=dict)

    @property
    def sort_text(self) -> str:
        return f"-{self.sort.name}" if self.descending else self.sort.name

    @property
    def is_narrowed(self) -> bool:
        """Does it ask for less than the whole list?"""
        return bool(self.search or self.values)

    def set_filters(self) -> list[tuple[Filter, object]]:
        """The filters that are set, in the order of the list's own, with their values."""
        return [(item, self.values[item.name]) for item in self.spec.filters if item.name in self.values]

    def narrowed(self, organization: Any, search: Search | None = None) -> QuerySet[Any]:
        """The rows that are asked for, in no order. ``search`` is given where several lists are searched."""
        rows = self.spec.rows(organization)
        for item in self.spec.filters:
            value = self.values.get(item.name)
            meant = item.otherwise(organization) if value is None else item.condition(organization, value)
            if meant != Q():
                rows = rows.filter(meant)
        if self.search and self.spec.search is not None:
            rows = rows.filter(self.spec.search(organization, search or Search(self.search)))
        return rows

    def parameters(self, *, without: Iterable[str] = (), **changed: str | None) -> list[tuple[str, str]]:
        """The address that asks the same from its beginning, with some parameters ``changed`` or left out."""
        gone = {*without, AFTER, BEFORE, *changed}
        kept = [(name, value) for name, values in self.given.items() if name not in gone for value in values]
        return [*kept, *((name, value) for name, value in changed.items() if value)]

    def lasting(self) -> dict[str, list[str]]:
        """The parameters that mean tomorrow what the query means today, for who reads on beyond midnight."""
        dated = {name for item, _value in self.set_filters() for name in item.parameters}
        found = {name: list(values) for name, values in self.given.items() if name not in PASSING | dated}
        for item, value in self.set_filters():
            found |= item.lasting(self.given, value)
        return found

    def at(self, *, after: Cursor | None = None, before: Cursor | None = None) -> ListQuery:
        """The same, from another place."""
        return replace(self, after=after, before=before)


def read_query(spec: ListSpec, organization: Any, given: Given) -> ListQuery:
    """Raises ``InvalidInput`` that names the parameter. Parameters that the list does not have are passed over, so
    that an old link or a view from before a change still opens."""
    sort, descending = _sort(spec, one(given, SORT))
    values = {item.name: item.read(organization, given) for item in spec.filters}
    query = ListQuery(
        spec=spec,
        sort=sort,
        descending=descending,
        search=one(given, SEARCH) if spec.search else "",
        values={name: value for name, value in values.items() if value is not None},
        columns=_columns(spec, given.get(COLUMNS, ())),
        given=_known(spec, given),
    )
    after, before = one(given, AFTER), one(given, BEFORE)
    if after and before:
        raise InvalidInput(_("A page begins after one row or ends before one, not both."), field=BEFORE)
    if after:
        return query.at(after=Cursor.read(given[AFTER][-1], sort, field=AFTER))
    if before:
        return query.at(before=Cursor.read(given[BEFORE][-1], sort, field=BEFORE))
    return query


def _sort(spec: ListSpec, text: str) -> tuple[Sort, bool]:
    text = text or spec.default_sort
    found = spec.sort(text.removeprefix("-"))
    if found is None:
        raise InvalidInput(_("The list cannot be sorted by “%(name)s”.") % {"name": text[:40]}, field=SORT)
    return found, text.startswith("-")


def _columns(spec: ListSpec, names: Iterable[str]) -> tuple[Column, ...]:
    """Those chosen and those that cannot be put away, in the list's own order; the usual ones where none is."""
    chosen = {part for text in names for part in text.split(",") if part}
    for name in sorted(chosen):
        if spec.column(name) is None:
            raise InvalidInput(_("There is no column “%(name)s”.") % {"name": name[:40]}, field=COLUMNS)
    if not chosen:
        return spec.usual_columns
    return tuple(column for column in spec.columns if column.fixed or column.name in chosen)


def _known(spec: ListSpec, given: Given) -> dict[str, list[str]]:
    own = {name for item in spec.filters for name in item.parameters}
    names = {SEARCH, SORT, COLUMNS, VIEW} | own
    known = {name: [value.strip() for value in values] for name, values in given.items() if name in names}
    kept = {name: [value for value in values if value] for name, values in known.items()}
    return {name: values for name, values in kept.items() if values}
