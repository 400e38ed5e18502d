"""Fault 43: the tables are changed while people work with them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, models, transaction
from django.db.migrations.state import ModelState, ProjectState
from pytest_django.fixtures import Settings

from allsquare.core import migrating
from allsquare.core.migrating import Limits, MigrationBlocked, MigrationTooLong, migrate
from allsquare.core.operations import AddIndexConcurrently
from tests.concurrency.races import at_once, failures, succeeded
from tests.faults.shop import database_url

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

#: Seconds. How long a migration waits here, how much longer than that a reader may take on a busy machine, and for how
#: long the table is kept from the migration.
WAIT, SLACK, KEPT = 0.3, 2.5, 3.0
NO_LIMIT = 0.0


def quiet(_sentence: str) -> None:
    """Nobody watches."""


@pytest.fixture(autouse=True)
def busy(settings: Settings) -> Iterator[None]:
    """A table that the next version changes."""
    settings.MIGRATION_MODULES = {"web_hooks": "tests.concurrency.later_migrations"}
    _run("CREATE TABLE busy (id int)", "INSERT INTO busy SELECT generate_series(1, 10)")
    yield
    _run("DROP TABLE busy", "DELETE FROM django_migrations WHERE app = 'web_hooks'")


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _has_column() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM information_schema.columns WHERE table_name = 'busy' AND column_name = 'more'"
        )
        return cursor.fetchone() is not None


@contextmanager
def forgotten_transaction() -> Iterator[Callable[[], None]]:
    """Somebody read the table and went to lunch; call what is given to end that."""
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT count(*) FROM busy")
        yield other.rollback


class Readers:
    """The shop goes on: the table is read again and again. ``longest`` is what one reading took at most."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Readers:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        with psycopg.connect(database_url(), autocommit=True) as shop:
            while not self._stop.is_set():
                begun = time.monotonic()
                shop.execute("SELECT count(*) FROM busy")
                self.longest = max(self.longest, time.monotonic() - begun)
                self._stop.wait(0.01)


def _migrate_while_blocked(limits: Limits) -> Readers:
    """A migration begins while a transaction is open, which ends a while after the migration was seen waiting."""

    def keep() -> None:
        with psycopg.connect(database_url(), autocommit=True) as other:
            deadline = time.monotonic() + 60
            while other.execute(_WAITING).fetchone() == (0,) and time.monotonic() < deadline:
                time.sleep(0.01)
        time.sleep(KEPT)
        end()

    with forgotten_transaction() as end, Readers() as readers:
        keeper = threading.Thread(target=keep)
        keeper.start()
        migrate(tell=quiet, limits=limits)
        keeper.join()
    return readers


_WAITING = """SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE d.datname = current_database() AND NOT l.granted AND l.mode = 'AccessExclusiveLock'"""


def test_readers_never_wait_longer_than_the_migration_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "_PAUSES", (0.2,))
    readers = _migrate_while_blocked(Limits(lock=WAIT, patience=60))

    assert _has_column()
    assert WAIT / 2 < readers.longest < WAIT + SLACK  # they did wait: the fault was there


def test_control_without_the_limit_all_wait_for_the_one_who_forgot() -> None:
    readers = _migrate_while_blocked(Limits(lock=NO_LIMIT))

    assert _has_column()
    assert readers.longest > WAIT + SLACK


def test_it_gives_up_with_a_sentence_and_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "_PAUSES", (0.1,))
    told: list[str] = []
    with forgotten_transaction(), pytest.raises(MigrationBlocked) as refused:
        migrate(
            tell=told.append, limits=Limits(lock=0.1, patience=10)
        )  # one try takes seconds on a busy machine

    assert "process" in refused.value.message
    assert len(told) > 1
    assert not _has_column()
    migrate(tell=quiet)  # and it goes on when the other one is done
    assert _has_column()


def test_a_step_that_takes_too_long_is_taken_back() -> None:
    with forgotten_transaction(), pytest.raises(MigrationTooLong, match=r"0\.2 s"):
        migrate(tell=quiet, limits=Limits(lock=NO_LIMIT, statement=0.2))
    assert not _has_column()


def test_zero_is_no_limit_whatever_the_role_has() -> None:
    _run("SET statement_timeout = '5s'")
    limited = connection.execute_wrapper(migrating._limited(Limits(statement=0)))
    with transaction.atomic(), limited, connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
    _run("RESET statement_timeout")


def test_one_that_hangs_is_not_waited_for_without_end() -> None:
    with psycopg.connect(database_url()) as other:
        other.execute(migrating._LOCK)
        with pytest.raises(MigrationBlocked, match="Another process"):
            migrate(tell=quiet, limits=Limits(patience=0.6))


def test_two_servers_that_start_at_once_migrate_once() -> None:
    answers = at_once([partial(migrate, tell=quiet)] * 3)

    assert failures(answers) == []
    assert _has_column()


def test_control_without_the_lock_the_second_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Barrier(2)

    def together(*arguments: str, **options: Any) -> None:
        with connection.execute_wrapper(_met(gate)):
            call_command(*arguments, **options)

    monkeypatch.setattr(migrating, "call_command", together)
    monkeypatch.setattr(migrating, "_alone", lambda _tell, _until: nullcontext(0))
    answers = at_once([partial(migrate, tell=quiet)] * 2)

    assert len(succeeded(answers)) == 1
    assert [type(failure) for failure in failures(answers)] == [ProgrammingError]


def _met(gate: threading.Barrier) -> Callable[..., Any]:
    """Both have found that there is something to do before either does it."""

    def run(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "ADD COLUMN more" in sql:
            gate.wait(timeout=30)
        return execute(sql, *rest)

    return run


def _indexes() -> list[tuple[str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, indisvalid FROM pg_index WHERE indrelid = 'busy'::regclass"
        )
        return list(cursor.fetchall())


def test_an_index_that_was_cut_off_is_built_anew_and_one_that_stands_is_kept() -> None:
    fields: dict[str, models.Field[Any, Any]] = {"id": models.IntegerField(primary_key=True)}
    before = ProjectState(
        {("web_hooks", "busy"): ModelState("web_hooks", "Busy", fields, {"db_table": "busy"})}
    )
    after = before.clone()
    build = AddIndexConcurrently("busy", models.Index(fields=["id"], name="busy_id"))
    build.state_forwards("web_hooks", after)

    def apply() -> None:
        with connection.schema_editor(atomic=False) as editor:
            build.database_forwards("web_hooks", editor, before, after)

    # One that is unique fails on its second row and leaves what a killed one leaves.
    _run("INSERT INTO busy VALUES (1)")
    with pytest.raises(Exception, match="could not create unique index"):
        _run("CREATE UNIQUE INDEX CONCURRENTLY busy_id ON busy (id)")
    assert _indexes() == [("busy_id", False)]
    apply()
    assert _indexes() == [("busy_id", True)]
    apply()
    assert _indexes() == [("busy_id", True)]
