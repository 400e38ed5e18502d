"""Starting, sharing and leaving a server: who starts it, who stops it, what is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from allsquare.core.embedded_postgres import Cluster, EmbeddedPostgresError, ensure_running
from allsquare.core.embedded_postgres.processes import server_processes
from tests.core.embedded_postgres.asking import Asker

Connect = Callable[[Cluster], psycopg.Connection]


@pytest.fixture
def many() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_a_new_cluster_is_private_checked_and_has_the_database(make_cluster: Callable[[], Cluster]) -> None:
    cluster = make_cluster()
    assert not cluster.is_running()
    with ensure_running(cluster) as running, psycopg.connect(cluster.url) as connection:
        assert running.started
        for setting, value in {
            "data_checksums": "on",
            "listen_addresses": "",
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "TimeZone": "UTC",
            "server_encoding": "UTF8",
        }.items():
            assert connection.execute("SELECT current_setting(%s)", [setting]).fetchone() == (value,)
        sql = "SELECT datlocprovider, datlocale, datdba::regrole::text FROM pg_database WHERE datname = %s"
        assert connection.execute(sql, ["allsquare"]).fetchone() == ("b", "C.UTF-8", "allsquare")
        sql = "SELECT rolsuper, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(sql).fetchone() == (False, True, False)
    for directory in (cluster.data, cluster.socket_directory):
        assert directory.stat().st_mode & 0o777 == 0o700


def test_a_clean_stop_keeps_the_data_and_leaves_no_process(cluster: Cluster) -> None:
    said_before = cluster.log.read_text()
    with ensure_running(cluster), psycopg.connect(cluster.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert not cluster.is_running()
    assert server_processes(cluster.data) == []
    assert not (cluster.data / "postmaster.pid").exists()
    with ensure_running(cluster) as again, psycopg.connect(cluster.url) as connection:
        assert again.started
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert "automatic recovery" not in cluster.log.read_text()[len(said_before) :]


def test_stop_ends_open_sessions_and_may_be_asked_again(cluster: Cluster, connect: Connect) -> None:
    with ensure_running(cluster):
        session = connect(cluster)
        cluster.stop()
        cluster.stop()
        assert not cluster.is_running()
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")


def test_eight_processes_asking_at_once_start_one_server(
    make_cluster: Callable[[], Cluster], many: ExitStack
) -> None:
    cluster = make_cluster()
    askers = [many.enter_context(Asker(cluster)) for _ in range(8)]
    for asker in askers:
        asker.tell()
    answers = [asker.hear() for asker in askers]
    assert sorted(str(answer.get("started", answer)) for answer in answers) == ["False"] * 7 + ["True"]
    assert cluster.log.read_text().count("starting PostgreSQL") == 1

    left = [asker.ask() for asker in askers]
    assert left == [{"running": True}] * 7 + [{"running": False}]
    assert server_processes(cluster.data) == []


def test_without_the_lock_eight_processes_get_into_each_others_way(
    make_cluster: Callable[[], Cluster], many: ExitStack
) -> None:
    cluster = make_cluster()
    askers = [many.enter_context(Asker(cluster, "--unlocked")) for _ in range(8)]
    for asker in askers:
        asker.tell()
    # Who got through in spite of it holds the server's lock, on which others may wait as long as it runs.
    deadline = time.monotonic() + 5
    answers = [asker.hear(seconds=max(0, deadline - time.monotonic())) for asker in askers]
    assert sum("started" in answer for answer in answers) < 8


def test_the_last_keeper_stops_it(cluster: Cluster) -> None:
    starter, joiner = ensure_running(cluster), ensure_running(cluster)
    assert (starter.started, joiner.started) == (True, False)
    starter.release()
    starter.release()
    assert cluster.is_running()
    joiner.release()
    assert not cluster.is_running()


def test_a_forked_child_does_not_stop_its_parents_server(cluster: Cluster) -> None:
    with ensure_running(cluster) as running:
        child = os.fork()
        if child == 0:
            running.release()
            os._exit(0)
        os.waitpid(child, 0)
        assert cluster.is_running()


def test_a_detached_server_outlives_its_starter_and_guests(cluster: Cluster) -> None:
    with Asker(cluster, "--detached") as asker:
        assert asker.ask()["started"] is True
        assert asker.ask() == {"running": True}
    with ensure_running(cluster) as first, ensure_running(cluster) as second:
        assert not first.started
        assert not second.started
    assert cluster.is_running()
    cluster.stop()
    assert server_processes(cluster.data) == []


@pytest.mark.faults
def test_a_server_whose_keeper_was_killed_waits_to_be_adopted(cluster: Cluster) -> None:
    with Asker(cluster) as asker:
        assert asker.ask()["started"] is True
        asker.process.kill()
    ensure_running(cluster).release()
    assert cluster.is_running()
    ensure_running(cluster, adopt=True).release()
    assert not cluster.is_running()


@pytest.mark.faults
def test_ctrl_c_in_the_terminal_does_not_reach_the_server(cluster: Cluster, connect: Connect) -> None:
    with Asker(cluster) as asker:
        asker.ask()
        session = connect(cluster)
        os.killpg(asker.process.pid, signal.SIGINT)
        asker.process.wait()
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_options_reach_the_server_that_is_started(cluster: Cluster, connect: Connect) -> None:
    with ensure_running(cluster, options={"fsync": "off", "work_mem": "7MB"}):
        session = connect(cluster)
        assert session.execute("SHOW fsync").fetchone() == ("off",)
        assert session.execute("SHOW work_mem").fetchone() == ("7MB",)


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(cluster: Cluster) -> None:
    with pytest.raises(EmbeddedPostgresError, match='invalid value for parameter "shared_buffers"'):
        ensure_running(cluster, options={"shared_buffers": "plenty"})
    assert not cluster.is_running()
    ensure_running(cluster).release()


def test_data_of_a_version_that_is_not_installed_is_named(fresh_cluster: Cluster) -> None:
    (fresh_cluster.data / "PG_VERSION").write_text("99\n")
    with pytest.raises(EmbeddedPostgresError, match="needs PostgreSQL 99"):
        ensure_running(fresh_cluster)


def test_an_initdb_that_was_cut_short_is_begun_anew(make_cluster: Callable[[], Cluster]) -> None:
    cluster = make_cluster()
    (cluster.directory / "initdb" / "data").mkdir(parents=True)
    (cluster.directory / "initdb" / "data" / "PG_VERSION").write_text("18\n")
    cluster.directory.chmod(0o711)
    with ensure_running(cluster, options={"fsync": "off"}):
        assert not (cluster.directory / "initdb").exists()


def test_a_path_too_long_for_a_socket_works(fresh_cluster: Cluster) -> None:
    cluster = Cluster.at(fresh_cluster.directory.with_name("y, z" * 30))
    fresh_cluster.directory.rename(cluster.directory)
    with ensure_running(cluster, options={"fsync": "off"}), psycopg.connect(cluster.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert cluster.socket_directory.stat().st_mode & 0o777 == 0o700
    cluster.destroy()
    assert not cluster.socket_directory.exists()
    assert not cluster.directory.exists()
