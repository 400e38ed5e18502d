"""Database fields that several packages share."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.expressions import Func


class CurrentTransaction(Func):
    """``pg_current_xact_id()``: the id of the transaction that writes the row."""

    function = "pg_current_xact_id"

    def __init__(self) -> None:
        super().__init__(output_field=TransactionIdField())


class TransactionIdField(models.Field[str, str]):
    """PostgreSQL's 64-bit transaction id (``xid8``), as text.

    It lets a trigger ask "is this still the same transaction?" and lets a reader of the event log stop
    before the oldest transaction that may yet commit.
    """

    def db_type(self, connection: Any) -> str:
        return "xid8"


class MinorField(models.BigIntegerField[int, int]):
    """An amount in minor units of the currency that stands beside it."""


class CurrencyField(models.CharField[str, str]):
    """An ISO 4217 code, ``char(3)``."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(**kwargs)

    def db_type(self, connection: Any) -> str:
        """By PostgreSQL's own name of it. Django takes the length off to make an array of it when it inserts many rows,
        and an array of ``char`` is one of single letters."""
        return "bpchar(3)"
