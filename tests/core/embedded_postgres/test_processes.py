"""Crashes, and what they leave behind."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psycopg
import pytest

from allsquare.core.embedded_postgres import Cluster, EmbeddedPostgresError, ensure_running, prepare
from allsquare.core.embedded_postgres.account import server_account
from allsquare.core.embedded_postgres.cluster import SOCKET
from allsquare.core.embedded_postgres.processes import server_processes
from tests.core.embedded_postgres.asking import postmaster

pytestmark = pytest.mark.faults

Connect = Callable[[Cluster], psycopg.Connection]


@pytest.fixture
def crashed(cluster: Cluster) -> Cluster:
    """A cluster whose server was killed, and whose other processes have noticed."""
    ensure_running(cluster, detached=True)
    postmaster(cluster).kill()
    while cluster.is_running():
        time.sleep(0.01)
    return cluster


@pytest.fixture
def sleeper(crashed: Cluster) -> Iterator[int]:
    """The pid of a living program that belongs to the server's user but is no server."""
    with subprocess.Popen(["sleep", "60"], cwd="/", **server_account(crashed.data).switch) as process:
        yield process.pid
        process.kill()


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_kill_9_loses_nothing_acknowledged(
    cluster: Cluster, connect: Connect, record_property: Callable[[str, object], None]
) -> None:
    ensure_running(cluster, detached=True)
    session = connect(cluster)
    session.execute("CREATE TABLE fact (number int)")
    acknowledged: list[int] = []

    def write() -> None:
        with suppress(psycopg.OperationalError):
            for number in range(1_000_000):
                session.execute("INSERT INTO fact VALUES (%s)", [number])
                acknowledged.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 200:
        time.sleep(0.01)
    postmaster(cluster).kill()
    began = time.perf_counter()
    with ensure_running(cluster, adopt=True) as again:
        seconds = time.perf_counter() - began
        writer.join()
        kept = {number for (number,) in connect(cluster).execute("SELECT number FROM fact")}
        assert again.started
        assert kept >= set(acknowledged)
        assert len(kept) <= len(acknowledged) + 1, "at most the one row under way may be there unacknowledged"
    print(  # noqa: T201 - the figure is what a reader of -s wants
        f"1 kill, {len(acknowledged)} acknowledged, 0 lost, answering again after {seconds:.3f} s"
    )
    record_property("restart_seconds", round(seconds, 3))
    assert seconds < 90, "far above the fraction of a second it takes: this machine is only very busy"


def test_a_session_that_outlives_its_killed_server_is_ended(cluster: Cluster, connect: Connect) -> None:
    ensure_running(cluster, detached=True)
    busy = connect(cluster)

    def compute() -> None:
        with pytest.raises(psycopg.OperationalError):
            busy.execute("SELECT count(*) FROM generate_series(1, 10000000000)")

    thread = threading.Thread(target=compute)
    thread.start()
    backend = busy.info.backend_pid
    under_way = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND state = 'active'"
    with psycopg.connect(cluster.url, autocommit=True) as other:
        _wait_until(lambda: other.execute(under_way, [backend]).fetchone() == (1,))
    postmaster(cluster).kill()
    _wait_until(lambda: [process.pid for process in server_processes(cluster.data)] == [backend])
    with ensure_running(cluster, adopt=True) as again:
        assert again.started
        assert backend not in {process.pid for process in server_processes(cluster.data)}
    thread.join()


STALE = {
    "empty": "",
    "blank": "\n",
    "short": "4711\n/somewhere",
    "garbage": "\x00\xff not a number\n" * 3,
    "negative": "-1\n",
    "ended": "4194000\n/somewhere\n1700000000\n5432\n\n\n\n",
}


@pytest.mark.parametrize("content", STALE.values(), ids=STALE.keys())
def test_a_stale_pid_file_does_not_prevent_a_start(crashed: Cluster, content: str) -> None:
    (crashed.data / "postmaster.pid").write_text(content)
    with ensure_running(crashed) as running:
        assert running.started


def test_a_pid_file_that_names_another_living_program_harms_neither(crashed: Cluster, sleeper: int) -> None:
    _, *rest = (crashed.data / "postmaster.pid").read_text().splitlines()
    (crashed.data / "postmaster.pid").write_text("\n".join([str(sleeper), *rest, ""]))
    (crashed.socket_directory / f"{SOCKET}.lock").write_text("\n".join([str(sleeper), *rest, ""]))
    crashed.stop()
    with ensure_running(crashed) as running:
        assert running.started
    os.kill(sleeper, 0)


@pytest.mark.parametrize("name", ["postmaster.pid", "socket"])
def test_postgresql_alone_would_refuse_those_files(
    crashed: Cluster, sleeper: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = crashed.socket_directory / f"{SOCKET}.lock" if name == "socket" else crashed.data / name
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(sleeper), *lines[1:], ""]))
    monkeypatch.setattr(prepare, "remove_stale_locks", lambda cluster: None)
    with pytest.raises(EmbeddedPostgresError, match=r"lock file .* already exists"):
        ensure_running(crashed)


def test_a_pid_file_with_our_own_number(crashed: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restarted container hands out the same numbers again: PostgreSQL is told ours and our parent's."""
    monkeypatch.setattr(prepare, "remove_stale_locks", lambda cluster: None)
    (crashed.socket_directory / f"{SOCKET}.lock").unlink()
    for pid in (os.getpid(), os.getppid()):
        (crashed.data / "postmaster.pid").write_text(f"{pid}\n")
        ensure_running(crashed).release()


def test_a_server_started_by_hand_is_neither_joined_nor_killed(cluster: Cluster) -> None:
    ensure_running(cluster, detached=True)
    by_hand = postmaster(cluster)
    # Without our lock it looks like one that somebody else started over the same data.
    cluster.server_lock.rename(cluster.server_lock.with_suffix(".aside"))
    with pytest.raises(EmbeddedPostgresError, match=f"process {by_hand.pid}"):
        ensure_running(cluster)
    cluster.stop()
    assert by_hand.is_running()
    cluster.server_lock.with_suffix(".aside").replace(cluster.server_lock)
    cluster.stop()
    assert not by_hand.is_running()
