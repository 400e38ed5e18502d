"""Whole rows of a model by ``core.bulk``, for the paths where money moves.

Django builds each query anew, which takes it longer than the database needs to answer, and waits for each answer.
Here a statement is put together once per process, the server has prepared it, and several travel in one round trip.
What comes back are the same models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Generic, LiteralString, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from psycopg import sql

from allsquare.core import bulk

M = TypeVar("M", bound=models.Model)

#: What Django calls a type, and what ``core.binary`` does, where the two differ.
_NAMES: dict[str, LiteralString] = {
    "bigint": "bigint",
    "boolean": "boolean",
    "bpchar": "text",
    "bytea": "bytea",
    "date": "date",
    "integer": "integer",
    "jsonb": "jsonb",
    "numeric": "numeric",
    "smallint": "smallint",
    "text": "text",
    "timestamp with time zone": "timestamptz",
    "uuid": "uuid",
    "varchar": "text",
}


class _Column(NamedTuple):
    """A column that a model writes; ``prepare`` is what its field does to a value before it is stored, if anything."""

    attribute: str
    name: str
    kind: LiteralString
    prepare: Callable[[Any], Any] | None


class Asked(Generic[M]):
    """Rows on their way. Reading them waits; inside ``bulk.pipelined`` whoever has more to ask does so before."""

    def __init__(self, model: type[M], sent: bulk.Sent) -> None:
        self._model, self._sent = model, sent

    def all(self) -> list[M]:
        return [_made(self._model, row) for row in self._sent.rows()]

    def first(self) -> M | None:
        return next(iter(self.all()), None)


def ask(
    model: type[M], organization_id: UUID, rest: LiteralString, parameters: Sequence[Any] = ()
) -> Asked[M]:
    """Rows of the organization. ``rest`` is the further condition, with what may follow it (order, lock); its
    parameters are written ``%b``."""
    return Asked(model, bulk.send(_selection(model, rest), [organization_id, *parameters]))


def with_one(
    model: type[M],
    relation: str,
    rest: LiteralString,
    parameters: Sequence[Any],
    *,
    leave_out: tuple[str, ...] = (),
) -> list[M]:
    """Rows of every organization, each with the one that its foreign key ``relation`` names, in one statement: for who
    signs in. ``rest`` is the condition, on ``m`` (the rows) and ``o`` (what they name); columns of ``o`` that are left
    out are read when they are needed."""
    other = model._meta.get_field(relation).related_model
    assert isinstance(other, type)  # noqa: S101  # code names it
    assert issubclass(other, models.Model)  # noqa: S101  # as above
    width = len(model._meta.concrete_fields)
    found = []
    for row in bulk.run(_joined(model, relation, other, leave_out, rest), parameters):
        one = _made(model, row[:width])
        setattr(one, relation, _made(other, row[width:], leave_out))
        found.append(one)
    return found


def by_key(model: type[M], key: UUID) -> M | None:
    """The row of that id, of a model that belongs to no organization: for who signs in."""
    return Asked(model, bulk.send(_by_key(model), [key])).first()


def insert(rows: Sequence[models.Model], *, otherwise: LiteralString = "") -> bulk.Sent | None:
    """Rows of one model as they stand, by ``bulk.insert``, which says more."""
    if not rows:
        return None
    columns: dict[str, tuple[LiteralString, Sequence[Any]]] = {}
    for column in _writable(type(rows[0])):
        values = [getattr(row, column.attribute) for row in rows]
        if column.prepare is not None:
            values = [column.prepare(value) for value in values]
        columns[column.name] = (column.kind, values)
    sent = bulk.insert(rows[0]._meta.db_table, columns, otherwise=otherwise)
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return sent


@cache
def _by_key(model: type[models.Model]) -> bytes:
    columns = sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in model._meta.concrete_fields)
    statement = sql.SQL("SELECT {} FROM {} WHERE id = %b")
    return statement.format(columns, sql.Identifier(model._meta.db_table)).as_bytes()


@cache
def _selection(model: type[models.Model], rest: LiteralString) -> bytes:
    columns = [str(field.column) for field in model._meta.concrete_fields]
    statement = sql.SQL("SELECT {} FROM {} WHERE organization_id = %b AND ").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(model._meta.db_table)
    )
    return statement.as_bytes() + rest.encode()


@cache
def _joined(
    model: type[models.Model],
    relation: str,
    other: type[models.Model],
    leave_out: tuple[str, ...],
    rest: LiteralString,
) -> bytes:
    mine = [sql.Identifier("m", str(field.column)) for field in model._meta.concrete_fields]
    theirs = [sql.Identifier("o", str(field.column)) for field in _fields(other, leave_out)]
    statement = sql.SQL("SELECT {} FROM {} m JOIN {} o ON o.id = {} WHERE ").format(
        sql.SQL(", ").join([*mine, *theirs]),
        sql.Identifier(model._meta.db_table),
        sql.Identifier(other._meta.db_table),
        sql.Identifier("m", f"{relation}_id"),
    )
    return statement.as_bytes() + rest.encode()


def _made(model: type[M], row: Sequence[Any], leave_out: tuple[str, ...] = ()) -> M:
    names, kept = _readable(model, leave_out)
    values = list(row)
    for place, read in kept:
        values[place] = read(values[place], None, connections[DEFAULT_DB_ALIAS])
    return model.from_db(DEFAULT_DB_ALIAS, names, values)


def _fields(model: type[models.Model], leave_out: tuple[str, ...]) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if field.name not in leave_out]


@cache
def _readable(
    model: type[models.Model], leave_out: tuple[str, ...]
) -> tuple[list[str], list[tuple[int, Callable[[Any, None, Any], Any]]]]:
    """Attributes in the order in which they are selected; which of them are kept in another form than they are used."""
    fields = _fields(model, leave_out)
    kept = [
        (place, field.from_db_value) for place, field in enumerate(fields) if hasattr(field, "from_db_value")
    ]
    return [field.attname for field in fields], kept


@cache
def _writable(model: type[models.Model]) -> list[_Column]:
    """All but what the database alone fills."""
    fields = [
        field for field in model._meta.concrete_fields if field.has_default() or not field.has_db_default()
    ]
    return [_Column(field.attname, str(field.column), _kind(field), _prepare(field)) for field in fields]


def _kind(field: models.Field[Any, Any]) -> LiteralString:
    written = str(field.db_type(connections[DEFAULT_DB_ALIAS]))
    return _NAMES[written.partition("(")[0]]


def _prepare(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    """JSON, and what needs nothing, ``core.binary`` writes as it is."""
    kept_otherwise = hasattr(field, "from_db_value") and not isinstance(field, models.JSONField)
    return field.get_prep_value if kept_otherwise else None
