"""Transactions that are tried again when the database had to choose a victim."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import psycopg
from django.db import connection, transaction

P = ParamSpec("P")
T = TypeVar("T")

#: Deadlock detected, serialization failure: the transaction left no trace and may be run again.
_RETRIABLE = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
TRIES = 5


def retried(work: Callable[[], T], *, durable: bool = False) -> T:
    """Run ``work`` in a transaction of its own; at most ``TRIES`` times, with a short random pause between.

    ``work`` must do nothing outside the database. Inside an outer transaction it is run once: only the
    outermost one can be repeated. ``durable``: it must be committed when this returns, so there may be no outer one.
    """
    if connection.in_atomic_block:
        with transaction.atomic(durable=durable):
            return work()
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic(durable=durable):
                return work()
        except Exception as error:
            if attempt == TRIES or not _left_no_trace(error):
                raise
            time.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311  # a pause, not a secret
    raise AssertionError("unreachable")


def retrying(service: Callable[P, T]) -> Callable[P, T]:
    """A service that is one transaction, under :func:`retried`: its arguments are read anew at each try, so none may
    be an iterator that is used up."""

    @wraps(service)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        return retried(lambda: service(*args, **kwargs))

    return tried


def _left_no_trace(error: BaseException | None) -> bool:
    """By the first cause: the queue wraps what the database said when a job was put into it."""
    while error is not None:
        if isinstance(error, _RETRIABLE):
            return True
        error = error.__cause__
    return False


def serialize(name: str) -> None:
    """Whoever says the same ``name`` in another transaction waits until this one is over.

    For what no row can be locked for, because the row is what is about to be made.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
