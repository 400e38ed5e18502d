"""A list as it stands: its search, filters, order and columns, or the chosen rows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from allsquare.connect.rows import Head, heads, record_of
from allsquare.connect.sources.source import Part
from allsquare.core.listing import Cursor, ListQuery, list_spec, read_places, read_query, read_rows
from allsquare.core.listing.counting import Count, count_rows
from allsquare.core.listing.pages import patient
from allsquare.core.listing.query import COLUMNS
from allsquare.identity.models import Organization

#: Milliseconds for what is read at once.
_PATIENCE: Final = 60_000


class ListSource:
    """``parameters`` is the list's address. Raises ``NotFound``, ``InvalidInput``."""

    def __init__(
        self,
        organization: Organization,
        list_name: str,
        parameters: Mapping[str, Sequence[str]],
        ids: Sequence[UUID],
    ) -> None:
        self._organization = organization
        self._query: ListQuery = read_query(list_spec(list_name), organization, parameters)
        self._ids = ids

    def kept(self) -> Mapping[str, Any]:
        """The file holds what the list held when it was asked for, its columns included."""
        columns = [column.name for column in self._query.columns]
        return {**self._query.lasting(), COLUMNS: columns}

    def count(self) -> Count:
        return Count(len(self._ids)) if self._ids else count_rows(self._query.narrowed(self._organization))

    def heads(self) -> Sequence[Head]:
        return heads(self._organization, self._query)

    def read(self, place: str, done: int, *, limit: int) -> Part:
        ids, last, ended = self._next(place, done, limit)
        with patient(_PATIENCE):
            rows = read_rows(self._organization, self._query, ids)
        return Part([record_of(self._query, row) for row in rows], len(ids), last, ended)

    @cached_property
    def _narrowed(self) -> QuerySet[Any]:
        """A filter may have to ask what it means: once for a file."""
        with patient(_PATIENCE):
            return self._query.narrowed(self._organization)

    def _next(self, place: str, done: int, limit: int) -> tuple[Sequence[UUID], str, bool]:
        """The next ids, where they end, and whether that is the end of all."""
        if self._ids:
            chosen = self._ids[done : done + limit]
            return chosen, "", done + len(chosen) >= len(self._ids)
        rows = self._narrowed
        after = Cursor.read(place, self._query.sort) if place else None
        with patient(_PATIENCE):
            places = read_places(self._organization, self._query.at(after=after), limit=limit, rows=rows)
        return [found.id for found in places], str(places[-1]) if places else place, len(places) < limit
