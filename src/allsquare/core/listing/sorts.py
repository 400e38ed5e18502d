"""Orders of a list, and the cursor that names a row in one of them.

Every order ends in ``id``, so no two rows are equal and a page can begin exactly after the last one seen. Where the
first value may be missing, rows without it come last in both directions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote, unquote
from uuid import UUID

from django.db.models import BooleanField, F, Func, Value
from django.db.models.sql.compiler import SQLCompiler
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from allsquare.core.errors import InvalidInput

_MISSING: Final = "!"
_BETWEEN: Final = "~"
#: Longer than any value that is sorted by.
_LONGEST: Final = 2_000
_PLAIN: Final = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,10})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Key:
    """A value by which rows are ordered: where the query has it, and its type (str, int, Decimal, date, datetime,
    UUID)."""

    path: str
    type: type

    def read(self, text: str) -> object:
        """Raises ``ValueError`` for what :meth:`write` never writes."""
        if self.type is datetime:
            found = datetime.fromisoformat(text)
            if found.tzinfo is None:
                raise ValueError("an instant needs a zone")
            return found
        if self.type is date:
            return date.fromisoformat(text)
        if self.type is int:
            number = int(text)
            if abs(number) >= 2**63:
                raise ValueError("more than a column holds")
            return number
        if self.type is Decimal:
            return _decimal(text)
        if self.type is UUID:
            return UUID(text)
        return text

    @staticmethod
    def write(value: object) -> str:
        return value.isoformat() if isinstance(value, date) else str(value)


def _decimal(text: str) -> Decimal:
    if not _PLAIN.fullmatch(text):
        raise ValueError("not a number as a column holds it")
    return Decimal(text)


@dataclass(frozen=True, slots=True)
class Sort:
    """An index of the table serves (organization, keys, id), so it is as quick backwards. Only a sort with a single
    key may be ``nullable``; one without keys is in the order of the ids, in which rows are made."""

    name: str
    label: Promise
    keys: tuple[Key, ...]
    nullable: bool = False

    @property
    def paths(self) -> list[str]:
        return [key.path for key in self.keys]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A row's place in an order: the values of the sort's keys (none where the value is missing) and its id."""

    id: UUID
    values: tuple[object, ...]
    missing: bool = False

    @classmethod
    def read(cls, text: str, sort: Sort, *, field: str = "after") -> Cursor:
        """Raises ``InvalidInput``."""
        if len(text) > _LONGEST:
            raise _wrong(field)
        name, *texts = text.removesuffix(_MISSING).split(_BETWEEN)
        missing = text.endswith(_MISSING) and not texts
        if missing != (len(texts) != len(sort.keys)) or (missing and not sort.nullable):
            raise _wrong(field)
        try:
            values = [key.read(unquote(value)) for key, value in zip(sort.keys, texts, strict=not missing)]
            return cls(UUID(name), tuple(values), missing)
        except ValueError:
            raise _wrong(field) from None

    def __str__(self) -> str:
        if self.missing:
            return f"{self.id}{_MISSING}"
        texts = (quote(Key.write(value), safe="").replace(_BETWEEN, "%7E") for value in self.values)
        return _BETWEEN.join([str(self.id), *texts])


def _wrong(field: str) -> InvalidInput:
    return InvalidInput(_("This part of the list cannot be found. Go back to its beginning."), field=field)


class Beyond(Func):
    """``(a, id) > (…)``: PostgreSQL answers a comparison of rows from one index, which it does not for the same
    said with OR."""

    output_field = BooleanField()

    def __init__(self, paths: Sequence[str], values: Sequence[object], *, descending: bool) -> None:
        self.operator = "<" if descending else ">"
        super().__init__(*map(F, paths), *map(Value, values))

    def as_sql(self, compiler: SQLCompiler, connection: Any, *_more: Any, **_further: Any) -> Any:
        compiled = [compiler.compile(part) for part in self.source_expressions]
        half = len(compiled) // 2
        left, right = (", ".join(text for text, _ in part) for part in (compiled[:half], compiled[half:]))
        return f"({left}) {self.operator} ({right})", [
            value for _, parameters in compiled for value in parameters
        ]
