"""What the database takes back by itself is tried again, and nothing else."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, OperationalError, connection

from allsquare.core.transactions import TRIES, retried

pytestmark = pytest.mark.django_db(transaction=True)


def failing(code: str, *, times: int) -> list[int]:
    """Work that the database ends with this SQLSTATE so many times; returns what it did when it succeeded."""
    begun: list[int] = []

    def work() -> list[int]:
        begun.append(len(begun))
        if len(begun) <= times:
            with connection.cursor() as cursor:
                cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$")
        return begun

    return retried(work)


@pytest.mark.parametrize("code", ["40P01", "40001"], ids=["deadlock", "serialization failure"])
def test_a_deadlock_and_a_serialization_failure_are_tried_again(code: str) -> None:
    assert failing(code, times=TRIES - 1) == list(range(TRIES))
    with pytest.raises(OperationalError):
        failing(code, times=TRIES)


@pytest.mark.parametrize("code", ["23505", "P0001"])
def test_nothing_else_is(code: str) -> None:
    with pytest.raises(DatabaseError):
        failing(code, times=1)
