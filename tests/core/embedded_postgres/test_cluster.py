from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from allsquare.core.embedded_postgres import Cluster, EmbeddedPostgresError


def test_how_to_connect_is_known_before_anything_exists(tmp_path: Path) -> None:
    cluster = Cluster(Path("/srv/some where/postgres"))
    expected = {
        "HOST": "/srv/some where/postgres/run",
        "PORT": "5432",
        "NAME": "allsquare",
        "USER": "allsquare",
    }
    assert cluster.connection() == {**expected, "PASSWORD": ""}
    assert conninfo_to_dict(cluster.url) == {
        "host": "/srv/some where/postgres/run",
        "port": "5432",
        "dbname": "allsquare",
        "user": "allsquare",
    }
    Cluster.at(tmp_path / "none").connection()
    assert list(tmp_path.iterdir()) == []


def test_the_usual_cluster_is_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLSQUARE_HOME", "/srv/square")
    assert Cluster.at().directory == Path("/srv/square/postgres")


@pytest.mark.parametrize("directory", ["/" + "x" * 80, "/" + "ü" * 45, "/a,b", '/a"b'])
def test_a_path_that_no_socket_can_have_gets_a_short_one_of_its_own(directory: str) -> None:
    one, other = Cluster(Path(directory)), Cluster(Path(directory + "2"))
    for cluster in (one, other):
        path = str(cluster.socket_directory / ".s.PGSQL.5432")
        assert len(path.encode()) <= 103
        assert "," not in path
        assert not path.startswith(directory)
    assert one.socket_directory == Cluster(Path(directory)).socket_directory
    assert one.socket_directory != other.socket_directory


def test_where_there_is_no_cluster_nothing_runs_and_nothing_is_destroyed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("years of work")
    cluster = Cluster.at(tmp_path)
    assert not cluster.is_running()
    with pytest.raises(EmbeddedPostgresError, match="no database"):
        cluster.destroy()
    assert (tmp_path / "data" / "thesis.txt").exists()
