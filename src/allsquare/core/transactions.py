"""Transactions that are tried again when the database had to choose a victim."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import OperationalError, connection, transaction

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
        except OperationalError as error:
            if attempt == TRIES or not isinstance(error.__cause__, _RETRIABLE):
                raise
            time.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311  # a pause, not a secret
    raise AssertionError("unreachable")


def serialize(name: str) -> None:
    """Whoever says the same ``name`` in another transaction waits until this one is over.

    For what no row can be locked for, because the row is what is about to be made.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
