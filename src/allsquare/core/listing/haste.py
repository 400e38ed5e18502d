"""A question that is given up when its answer takes long, within a transaction that goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import OperationalError, connection, transaction

_T = TypeVar("_T")


def hastily(milliseconds: int, ask: Callable[[], _T]) -> _T | None:
    """``None`` when it took too long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            usual = cursor.fetchone()[0]
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            answer = ask()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [usual])
            return answer
    except OperationalError as error:
        if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise
        return None
