"""Columns: what a row has to say, once for the screen and for the export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.functional import Promise


class Kind(StrEnum):
    """What the value of a column is, and so how it is shown and exported. ``None`` is nothing in all of them."""

    TEXT = "text"
    CODE = "code"  # a word of ours in snake_case, such as a method or a kind
    STATE = "state"  # a badge
    AMOUNT = "amount"  # Money
    AMOUNTS = "amounts"  # a sequence of Money, one for each currency
    NUMBER = "number"  # int or Decimal
    DAY = "day"
    INSTANT = "instant"
    ID = "id"  # a machine's name, copyable


class Place(StrEnum):
    """Where a phone shows the column in the small card that a row becomes there."""

    TITLE = "title"
    TOP_END = "top-end"
    END = "end"
    MINOR = "minor"
    WIDE = "wide"  # not at all: only where there is room


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: what was loaded, and ``more`` of it that the list's ``fill`` found for the whole page."""

    id: UUID
    item: Any
    organization: Any
    more: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``sort`` names the sort behind the column's head, ``badge`` the kind of a state (see ``web.ui.states``).
    A column that is not ``shown`` waits to be chosen; a ``fixed`` one cannot be put away."""

    name: str
    label: Promise
    value: Callable[[Row], object]
    kind: Kind = Kind.TEXT
    place: Place = Place.MINOR
    sort: str = ""
    badge: str = ""
    shown: bool = True
    fixed: bool = False
