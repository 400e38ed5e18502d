"""How often a transaction waits for the server, as libpq itself writes it down: a release of psycopg that asks
otherwise shows here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from psycopg.pq import Trace, TransactionStatus

from allsquare.core import bulk, clock
from allsquare.core.models import RateCounter

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def written_down(path: Path) -> Iterator[list[str]]:
    """What is said within, a line for each message: ``F`` to the server, ``B`` from it."""
    said: list[str] = []
    connection.ensure_connection()
    talk = connection.connection.pgconn
    with path.open("w+") as file:
        talk.trace(file.fileno())
        talk.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        try:
            yield said
        finally:
            talk.untrace()
            file.seek(0)
            said += file.read().splitlines()


def turns(said: list[str]) -> str:
    """Who spoke, in turn: ``FBFB`` is two round trips."""
    return "".join(who for who, _ in groupby(line[0] for line in said))


def begun(said: list[str]) -> int:
    return sum("BEGIN" in line for line in said if line.startswith("F"))


def insert(*keys: str) -> None:
    bulk.insert(
        "rate_counter",
        {"key": ("text", keys), "tries": ("integer", [1 for _ in keys])},
        same={"ends_at": ("timestamptz", clock.now(None))},
    )


def kept() -> list[str]:
    return sorted(RateCounter.objects.values_list("key", flat=True))


def test_reading_and_writing_are_two_round_trips_with_begin_and_commit(tmp_path: Path) -> None:
    with written_down(tmp_path / "said") as said, transaction.atomic():
        with bulk.pipelined():
            one, two = bulk.send("SELECT 1"), bulk.send("SELECT 2")
        found = one.rows() + two.rows()
        with bulk.pipelined(committing=True):
            insert("a")
            insert("b")
    assert found == [(1,), (2,)]
    assert (turns(said), begun(said)) == ("FBFB", 1)
    assert kept() == ["a", "b"]


def test_what_is_sent_before_a_pipeline_within_is_not_waited_for(tmp_path: Path) -> None:
    with written_down(tmp_path / "said") as said, transaction.atomic(), bulk.pipelined():
        insert("a")
        with bulk.pipelined(committing=True):
            found = bulk.send("SELECT count(*) FROM rate_counter").rows()
            insert("b")
    assert found == [(1,)]
    assert (turns(said), begun(said)) == ("FBFB", 1)
    assert kept() == ["a", "b"]


def test_outside_of_a_transaction_none_is_begun(tmp_path: Path) -> None:
    with written_down(tmp_path / "said") as said, bulk.pipelined():
        insert("a")
    assert (turns(said), begun(said)) == ("FB", 0)
    assert connection.connection.info.transaction_status is TransactionStatus.IDLE


def test_nothing_stays_of_a_transaction_whose_pipeline_failed() -> None:
    insert("a")

    def three() -> None:
        with bulk.pipelined(committing=True):
            for key in ("b", "a", "c"):
                insert(key)

    for _ in range(2):
        with pytest.raises(IntegrityError, match="rate_counter_pkey"), transaction.atomic():
            three()
    assert kept() == ["a"]


def test_an_error_that_is_read_within_ends_the_transaction() -> None:
    insert("a")

    def two() -> None:
        with bulk.pipelined(committing=True):
            insert("a")
            bulk.send("SELECT 1").rows()

    with pytest.raises(IntegrityError), transaction.atomic():
        two()
    assert kept() == ["a"]


def test_more_than_the_socket_takes_goes_both_ways() -> None:
    with transaction.atomic(), bulk.pipelined(committing=True):
        answers = []
        for number in range(20):
            insert(*[f"{number:02}-{row:04}".ljust(60, "x") for row in range(5_000)])
            bulk.flush()
            answers.append(bulk.send("SELECT key FROM rate_counter LIMIT 5000"))
    assert [len(answer.rows()) for answer in answers] == [5_000] * 20
    assert len(kept()) == 100_000
