"""Pages of long lists by keyset: the address names the last row seen, so rows that arrive meanwhile move nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from allsquare.core.errors import InvalidInput

T = TypeVar("T")

ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: its id and, where the list is ordered by something else first, that value."""

    id: UUID
    value: str = ""

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Raises ``InvalidInput``."""
        name, _mark, value = text.partition("~")
        try:
            return cls(UUID(name), value)
        except ValueError:
            raise _wrong() from None

    @property
    def moment(self) -> datetime:
        """``value`` as an aware instant. Raises ``InvalidInput``."""
        try:
            found = datetime.fromisoformat(self.value)
        except ValueError:
            raise _wrong() from None
        if found.tzinfo is None:
            raise _wrong()
        return found

    @property
    def day(self) -> date:
        """``value`` as a calendar date. Raises ``InvalidInput``."""
        try:
            return date.fromisoformat(self.value)
        except ValueError:
            raise _wrong() from None

    def __str__(self) -> str:
        return f"{self.id}~{self.value}" if self.value else str(self.id)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows; ``next`` and ``previous`` lead to those after and before them, empty where there are none."""

    rows: Sequence[T]
    next: str
    previous: str


def page(
    request: HttpRequest,
    read: Callable[[Cursor | None, int], Sequence[T]],
    back: Callable[[Cursor, int], Sequence[T]],
    cursor: Callable[[T], Cursor],
) -> Page[T]:
    """``read`` gives so many rows after a cursor (from the beginning without one), ``back`` those before it, the
    nearest first; both are asked for one more than are shown. ``?after=`` names the last row of the page before,
    ``?before=`` the first of the page after."""
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    if before:
        found = back(Cursor.read(before), ROWS + 1)
        if len(found) > ROWS:
            shown = found[ROWS - 1 :: -1]
            return Page(shown, next=str(cursor(shown[-1])), previous=str(cursor(shown[0])))
        after = ""  # the first page, as whoever begins there sees it
    found = read(Cursor.read(after) if after else None, ROWS + 1)
    shown = found[:ROWS]
    return Page(
        rows=shown,
        next=str(cursor(shown[-1])) if len(found) > ROWS else "",
        previous=str(cursor(shown[0])) if after and shown else "",
    )


def _wrong() -> InvalidInput:
    return InvalidInput(_("This part of the list cannot be found. Go back to its beginning."), field="after")
