from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from allsquare.core.embedded_postgres import Cluster, ensure_running


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A directory that every user of the machine may pass through: pytest's own is closed to the server's."""
    path = Path(tempfile.mkdtemp(prefix="allsquare-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def template(place: Path) -> Cluster:
    """A stopped cluster with an empty database: not every test has to run initdb."""
    cluster = Cluster.at(place / "template")
    ensure_running(cluster).release()
    return cluster


@pytest.fixture
def make_cluster(place: Path) -> Iterator[Callable[[], Cluster]]:
    """Clusters that do not exist yet; nothing of them is left after the test, whatever it did."""
    clusters: list[Cluster] = []

    def make() -> Cluster:
        clusters.append(Cluster.at(Path(tempfile.mkdtemp(dir=place)) / "pg"))
        clusters[-1].directory.parent.chmod(0o711)
        return clusters[-1]

    yield make
    for cluster in clusters:
        cluster.stop()
        if cluster.directory.exists():
            shutil.rmtree(cluster.directory)


@pytest.fixture
def cluster(template: Cluster) -> Iterator[Cluster]:
    """A stopped cluster, the same for all tests that leave its files as they should be."""
    yield template
    template.stop()


@pytest.fixture
def fresh_cluster(make_cluster: Callable[[], Cluster], template: Cluster) -> Cluster:
    """A stopped cluster with an empty database, to do anything with."""
    new = make_cluster()
    subprocess.run(["cp", "-a", template.directory, new.directory], check=True)
    return new


@pytest.fixture
def connect() -> Iterator[Callable[[Cluster], psycopg.Connection]]:
    """Autocommitting connections that are closed after the test."""
    opened: list[psycopg.Connection] = []

    def open_one(cluster: Cluster) -> psycopg.Connection:
        opened.append(psycopg.connect(cluster.url, autocommit=True))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()
