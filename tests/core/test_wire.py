"""How often a transaction waits for the server, as libpq itself writes it down; and that a connection is as good as
before after whatever happened on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import psycopg
import pytest
from django.db import (
    DataError,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from psycopg.pq import ExecStatus, Trace, TransactionStatus
from psycopg.pq.abc import PGresult

from allsquare.core import bulk, clock
from allsquare.core.models import RateCounter
from allsquare.core.wire import Wire

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


def count_sent(key: str) -> list[tuple[int]]:
    return bulk.run("SELECT count(*) FROM rate_counter WHERE key = %b", [key])


def test_what_django_asks_in_between_comes_after_what_was_sent(tmp_path: Path) -> None:
    with written_down(tmp_path / "said") as said, transaction.atomic(), bulk.pipelined():
        insert("a")
        assert kept() == ["a"]
        insert("b")
    assert begun(said) == 1
    assert kept() == ["a", "b"]


def test_statements_that_the_server_forgot_are_prepared_anew() -> None:
    """psycopg has all forgotten after a rollback, as soon as it prepared one of its own."""
    insert("a")
    for _ in range(2):
        assert count_sent("a") == [(1,)]
        for _ in range(6):
            assert RateCounter.objects.filter(key="a").count() == 1
        with pytest.raises(IntegrityError), transaction.atomic():
            insert("a")
    with transaction.atomic():
        assert count_sent("a") == [(1,)]
        insert("b")
    assert kept() == ["a", "b"]


def test_what_psycopg_knows_that_the_server_forgot_is_prepared_anew() -> None:
    assert count_sent("a") == [(0,)]
    with psycopg.Cursor(bulk._django().wire.connection) as own:
        own.execute("SELECT 1", prepare=True)
        own.execute("DEALLOCATE ALL")
    assert count_sent("a") == [(0,)]


def test_a_statement_whose_table_changed_fails_once() -> None:
    with connection.cursor() as other:
        other.execute("CREATE TABLE shape (size integer)")
    try:
        assert bulk.run("SELECT size FROM shape") == []
        wire = bulk._django().wire
        wire.connection.pgconn.exec_(b"ALTER TABLE shape ALTER size TYPE text")
        with pytest.raises(NotSupportedError):
            bulk.run("SELECT size FROM shape")
        assert bulk.run("SELECT size FROM shape") == []
    finally:
        with connection.cursor() as other:
            other.execute("DROP TABLE shape")


def test_a_statement_that_cannot_be_prepared_is_asked_anew() -> None:
    for _ in range(2):
        with pytest.raises(ProgrammingError, match="nowhere"):
            bulk.run("SELECT 1 FROM nowhere")
    assert bulk.run("SELECT 1") == [(1,)]


def test_statements_that_are_ever_others_are_not_all_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allsquare.core.wire._MOST_PREPARED", 3)

    def prepared() -> int:
        query = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'allsquare_%%'"
        with connection.cursor() as cursor:
            cursor.execute(query)
            return int(cursor.fetchone()[0])

    before = prepared()
    with transaction.atomic(), bulk.pipelined():
        numbers = [bulk.send(f"SELECT {number}") for number in range(9)]
    assert [answer.rows() for answer in numbers] == [[(number,)] for number in range(9)]
    assert prepared() <= max(before, 3)


def test_without_prepared_statements_none_are_made(tmp_path: Path) -> None:
    """As behind a pool that gives each transaction another connection."""
    connection.ensure_connection()
    wire = bulk._django().wire
    wire._prepares = False
    with written_down(tmp_path / "said") as said:
        for _ in range(3):
            assert bulk.run("SELECT %b::integer + %b", [3, 4]) == [(7,)]
    assert not any("allsquare_" in line for line in said)


def test_places_are_numbered_whatever_they_are_called() -> None:
    given = {"a": 2, "b": "x%y"}
    assert bulk.run("SELECT %(a)s::bigint, %(b)s::text, %(a)s::bigint, '100%%'", given) == [
        (2, "x%y", 2, "100%")
    ]
    assert bulk.run("SELECT %b::text, %b::text", ["one", None]) == [("one", None)]
    with pytest.raises(ValueError, match="1 parameters for 2 places"):
        bulk.send("SELECT %b::text, %b::text", ["one"])


def test_a_connection_that_ends_is_an_error_and_the_next_one_works() -> None:
    insert("a")

    def lost() -> None:
        insert("b")
        bulk.send("SELECT pg_terminate_backend(pg_backend_pid())")
        insert("c")

    with pytest.raises(OperationalError), transaction.atomic(), bulk.pipelined(committing=True):
        lost()
    assert kept() == ["a"]
    assert count_sent("a") == [(1,)]


def test_who_is_interrupted_while_waiting_leaves_no_half_read_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    insert("a")

    def interrupted(self: Wire, what: int) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Wire, "_wait", interrupted)
        with pytest.raises(KeyboardInterrupt), transaction.atomic(), bulk.pipelined():
            bulk.send("SELECT pg_sleep(0.2)").rows()
    assert kept() == ["a"]


def test_a_value_that_cannot_be_written_leaves_the_connection_as_it_was() -> None:
    insert("a")
    with pytest.raises(DataError):
        bulk.run("SELECT %t::text", ["\0"])
    assert RateCounter.objects.filter(key="a").exists()

    def unwritable() -> None:
        insert("b")
        bulk.send("SELECT %t::text", ["\0"])

    with pytest.raises(DataError), transaction.atomic(), bulk.pipelined(committing=True):
        unwritable()
    assert kept() == ["a"]


def test_who_is_interrupted_while_sending_leaves_no_half_sent_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    insert("a")

    def interrupted(self: Wire, key: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Wire, "_name", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bulk.run("SELECT 1")
    assert kept() == ["a"]


def test_a_transaction_that_begins_while_answers_are_to_come_waits_for_them() -> None:
    with bulk.pipelined():
        insert("a")
        with transaction.atomic():
            insert("b")
    assert kept() == ["a", "b"]


def test_an_interruption_stays_one_whatever_the_server_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    insert("a")
    answer_to = Wire._next
    refused: list[PGresult] = []

    def interrupted_after_an_error(self: Wire) -> PGresult | None:
        if refused:
            raise KeyboardInterrupt
        result = answer_to(self)
        refused.extend([result] if result is not None and result.status == ExecStatus.FATAL_ERROR else [])
        return result

    def twice() -> None:
        insert("a")
        bulk.send("SELECT pg_sleep(0.2)")

    with monkeypatch.context() as patch:
        patch.setattr(Wire, "_next", interrupted_after_an_error)
        with pytest.raises(KeyboardInterrupt), bulk.pipelined():
            twice()
    assert kept() == ["a"]
