"""What all tests share."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from typing import Final

import psutil
import psycopg
import pytest
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck, settings
from psycopg import sql
from pytest_django import DjangoDbBlocker

from allsquare.core.embedded_postgres import Cluster
from tests.emptying import Emptying
from tests.migrated import migrated_template
from tests.sandbox_process import sandbox, sandbox_process
from tests.webhook_catcher import catcher

__all__ = ["catcher", "sandbox", "sandbox_process"]  # fixtures that any test may ask for


# A busy machine is slow, and nothing that is tried is about that. In CI the same is tried each time.
settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("patient")

# Where the shell forbids Python to keep what it compiles, each process that a test starts would compile the house anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_OTHERS: Final = """
    SELECT pid, state, query FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A page that a test asked for in German must not make the next test's sentences German."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """The test database begins as a copy of one that is migrated."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In the end the database is dropped: whoever still holds it (a process that was killed a moment ago, a page that
    is being closed) gets ten seconds, then is named and cut off: else whatever test was last would fail."""
    with pytest.MonkeyPatch.context() as patch:
        with django_db_blocker.unblock():
            emptying = Emptying.learned()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _test: emptying.run())
        yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for _time in range(100):
            cursor.execute(_OTHERS)
            if not (others := cursor.fetchall()):
                return
            time.sleep(0.1)
        for process, state, query in others:
            sys.stderr.write(f"still in the test database: {state}, last {query[:300]!r}\n")
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])


def pytest_sessionstart(session: pytest.Session) -> None:
    """Drop the databases of test runs that were killed: their names end with a process that is no more. The first
    worker has the server of who began the run, who did it."""
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw0" or os.environ.get("DATABASE_URL"):
        return
    with psycopg.connect(Cluster.at().url, autocommit=True) as connection:
        names = [name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()]
        for name in names:
            run = re.match(r"test_allsquare_(\d+)", name)
            if run and not psutil.pid_exists(int(run[1])):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
