"""Settings of a measurement: an embedded PostgreSQL of its own, as durable as an installation's (``fsync`` on).

It lives in a temporary directory that is deleted at the end. ``TMPDIR`` chooses the disk: one that forgets
(``tmpfs``) makes commits cost nothing. ``ALLSQUARE_BENCH_HOME`` names a directory to be kept, with the large
organizations in it, for the next run.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import psycopg

from allsquare.core.embedded_postgres import SUPERUSER, Cluster, ensure_running

_kept = os.environ.get("ALLSQUARE_BENCH_HOME")
_home = Path(_kept or tempfile.mkdtemp(prefix="allsquare-bench-"))
if not _kept:
    atexit.register(shutil.rmtree, _home)
_home.mkdir(mode=0o711, parents=True, exist_ok=True)
_home.chmod(0o711)  # the database's own user must pass through; what is in it is closed to others
os.environ["ALLSQUARE_HOME"] = str(_home)
os.environ.pop("DATABASE_URL", None)  # nothing is measured in anybody's real database
_postgres = ensure_running(Cluster.at())
atexit.register(_postgres.release)
_place = Cluster.at().connection(user=SUPERUSER)
with psycopg.connect(
    host=_place["HOST"], port=_place["PORT"], user=_place["USER"], dbname=_place["NAME"]
) as _connection:
    _connection.execute("GRANT pg_checkpoint TO allsquare")  # so that every round begins with an empty log
    # So that millions of rows can be written without the guards that are asked for each of them.
    _connection.execute("GRANT SET ON PARAMETER session_replication_role TO allsquare")

from allsquare.config.settings import *  # noqa: E402, F403 - these, once the above is set
from allsquare.config.settings import ALLSQUARE_GATEWAYS  # noqa: E402 - named for the type checker

ALLSQUARE_GATEWAYS["scripted"] = "bench.scripted.ScriptedGateway"
