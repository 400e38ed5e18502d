"""A question that is given up when its answer takes long, within a transaction that goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import psycopg
from django.db import OperationalError, connection, transaction

_T = TypeVar("_T")

#: Back to before the question: it changed nothing but how long a statement may take.
_BACK: Final = "ROLLBACK TO SAVEPOINT haste; RELEASE SAVEPOINT haste"


def hastily(milliseconds: int, ask: Callable[[], _T]) -> _T | None:
    """``None`` when it took too long. ``ask`` only reads: whatever it wrote would be undone. Two statements more
    than ``ask`` itself has."""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(f"SAVEPOINT haste; SET LOCAL statement_timeout = {int(milliseconds)}")
        try:
            answer = ask()
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                raise
            answer = None
        cursor.execute(_BACK)
        return answer
