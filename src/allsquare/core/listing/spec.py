"""What a list is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.functional import Promise

from allsquare.core.listing.columns import Column
from allsquare.core.listing.filters import Filter
from allsquare.core.listing.search import Search
from allsquare.core.listing.sorts import Sort


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSpec:
    """``rows`` gives the organization's rows, of which only ids and sort values are read; ``load`` reads whole rows
    by their ids, ``fill`` what the columns need beside them, each with a fixed number of statements. ``permission``
    is the value of an ``identity`` permission; ``search`` turns words into a condition
    that an index serves."""

    name: str
    label: Promise
    permission: str
    rows: Callable[[Any], QuerySet[Any]]
    load: Callable[[Any, Sequence[UUID]], Sequence[Any]]
    columns: tuple[Column, ...]
    sorts: tuple[Sort, ...]
    default_sort: str
    filters: tuple[Filter, ...] = ()
    search: Callable[[Any, Search], Q] | None = None
    search_label: Promise | str = ""
    fill: Callable[[Any, Sequence[Any]], Mapping[UUID, Any]] | None = None

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def sort(self, name: str) -> Sort | None:
        return next((sort for sort in self.sorts if sort.name == name), None)

    @property
    def usual_columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.shown)
