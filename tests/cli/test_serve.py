"""One machine serves on one port of its own."""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from allsquare.cli.database import database, revive
from allsquare.cli.serve import first_steps, require_free
from allsquare.core.embedded_postgres import Cluster
from allsquare.core.embedded_postgres.processes import is_postmaster, server_processes
from allsquare.core.errors import Conflict
from tests.factories import make_organization


def test_refuses_a_port_that_somebody_shares() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=str(port)):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", port)


@pytest.mark.django_db
def test_tells_the_way_in_until_somebody_took_it(settings: Settings) -> None:
    assert "https://pay.example/accounts/signup/" in first_steps("https://pay.example")
    settings.ALLSQUARE_OPEN_SIGN_UP = "never"
    assert "allsquare new" in first_steps("https://pay.example")
    make_organization()
    assert first_steps("https://pay.example") == ""


@pytest.fixture
def installation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Its database, which is not there yet; in a place that the database's own user may pass through."""
    place = Path(tempfile.mkdtemp(prefix="allsquare-serve-"))
    place.chmod(0o711)
    monkeypatch.setenv("ALLSQUARE_HOME", str(place))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    yield Cluster.at()
    Cluster.at().stop()
    shutil.rmtree(place)


@pytest.mark.faults
@pytest.mark.django_db  # whoever opens the database asks whether a restore of it was cut off
def test_a_killed_database_is_started_again_and_still_ends_with_whoever_serves(installation: Cluster) -> None:
    with database(adopt=True):
        assert not revive()
        for process in server_processes(installation.data):
            if is_postmaster(process):
                process.kill()
                process.wait(20)
        _wait_until_ended(installation)
        assert revive()
        assert installation.is_running()
        assert not revive()
    assert not installation.is_running()


def test_the_database_of_somebody_else_is_left_alone(
    installation: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere.example/square")
    assert not revive()
    assert not installation.directory.exists()


def _wait_until_ended(cluster: Cluster) -> None:
    """Its other processes notice within moments that their parent is gone."""
    deadline = time.monotonic() + 30
    while cluster.is_running() and time.monotonic() < deadline:
        time.sleep(0.05)
