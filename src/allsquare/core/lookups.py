"""Conditions that Django has no words for."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup
from django.db.models.sql.compiler import SQLCompiler


class Among(Lookup[str]):
    """``field__among``: is it one of the ids of an array, given as PostgreSQL writes it (``{…,…}``)? What ``__in``
    asks, for thousands: as one parameter, where ``__in`` writes each by itself, three times for a page of a list. Or of
    those that an ``ArraySubquery`` finds, which is asked once, so that beside another condition (``|``) an index still
    finds both; ``__in`` of a query looks at every row there."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        left, parameters = self.process_lhs(compiler, connection)
        if not self.rhs_is_direct_value():
            right, found = self.process_rhs(compiler, connection)
            return f"{left} = ANY({right})", (*parameters, *found)
        return f"{left} = ANY(%s::uuid[])", (*parameters, self.rhs)
