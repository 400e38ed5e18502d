"""Rows of one organization as new rows of another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db import models

from allsquare.core.ids import new_id

T = TypeVar("T", bound=models.Model)


def clones(rows: Iterable[T], *, organization_id: object, **changes: object) -> list[T]:
    """Unsaved copies with new ids. Keys to rows other than the organization would lead back into the old one, so
    ``changes`` must say what becomes of each: else ``TypeError``."""
    made = []
    for row in rows:
        values: dict[str, object] = {}
        for field in row._meta.concrete_fields:
            if field.is_relation and field.name != "organization" and field.attname not in changes:
                raise TypeError(f"{row._meta.label}.{field.name} leads into the other organization")
            values[field.attname] = getattr(row, field.attname)
        values |= {"id": new_id(), "organization_id": organization_id, **changes}
        made.append(type(row)(**values))
    return made
