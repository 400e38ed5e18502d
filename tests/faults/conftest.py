"""Fixtures of the faults: everything is really committed, and the provider is a real process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from allsquare.core.failpoints import PERMISSION
from tests import prefilled
from tests.faults.mortal import START
from tests.faults.pair import PATIENCE, Pair, pair
from tests.faults.place import Place
from tests.faults.shop import Shop, database_url
from tests.migrated import migrated_template
from tests.sandbox_process import SandboxAccount, SandboxProcess

# They assert as tests do, and should say as much when they fail.
for room in ("by_hand", "giving_back", "hearing", "keeping", "paying", "readers", "scene"):
    pytest.register_assert_rewrite(f"tests.faults.works.{room}")


@pytest.fixture
def shop(transactional_db: None, sandbox: SandboxAccount) -> Shop:
    return Shop.open(sandbox)


@pytest.fixture
def other(sandbox_process: SandboxProcess) -> Iterator[SandboxAccount]:
    account = sandbox_process.account()
    yield account
    account.http.close()


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address at which nobody listens, and nobody else comes to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def unreachable(transactional_db: None, sandbox: SandboxAccount, other: SandboxAccount, nowhere: str) -> Pair:
    """The first provider cannot be connected to."""
    return pair(Shop.open(sandbox, base_url=nowhere, timeout=PATIENCE), other)


@pytest.fixture(scope="session")
def forks(django_db_setup: None) -> Iterator[subprocess.Popen[str]]:
    """A process whose children die: see ``tests.faults.mortal``. Started once for all that die."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "allsquare.config.settings",
        PERMISSION: "test",
    }
    with subprocess.Popen(
        [sys.executable, "-c", START],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def database(django_db_setup: None) -> Iterator[str]:
    """Another one on the server of the tests, without tables."""
    with Place() as place:
        yield place.url


@pytest.fixture
def prefill(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Callable[[Path], None]:
    """See ``tests.prefilled``."""

    def fill(home: Path) -> None:
        with django_db_blocker.unblock():
            prefilled.prefill(home)

    return fill


@pytest.fixture
def place(transactional_db: None) -> Iterator[Place]:
    """As above, with all tables and without rows."""
    with Place(template=migrated_template()) as place:
        yield place
