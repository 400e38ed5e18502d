"""What the database takes back by itself is tried again, and nothing else."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from allsquare.core.transactions import TRIES, retried, retrying

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


@retrying
def moody(begun: list[str], *, times: int) -> list[str]:
    """A service of which a deadlock takes back the first tries, as it is told when it puts a job into the queue."""
    begun.append("begun")
    if len(begun) <= times:
        try:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40P01'; END $$")
        except OperationalError as error:
            raise RuntimeError("not queued") from error
    return begun


def test_a_service_is_begun_again_with_what_it_was_given() -> None:
    assert moody([], times=2) == ["begun"] * 3
    with pytest.raises(RuntimeError, match="not queued"):
        moody([], times=TRIES)


def test_inside_another_transaction_it_is_not() -> None:
    begun: list[str] = []
    with pytest.raises(RuntimeError), transaction.atomic():
        moody(begun, times=1)
    assert begun == ["begun"]
