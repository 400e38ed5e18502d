"""An installation that begins with its tables: they are copied into its own PostgreSQL, which is quick.

To make them anew takes ten seconds of a processor. That an empty place becomes an installation by itself is shown by
``tests/flows`` and, by a restore, in ``tests/faults``.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from allsquare.core.embedded_postgres import Cluster, ensure_running
from allsquare.core.embedded_postgres.binaries import find_binaries
from tests.migrated import migrated_template, on_server


def prefill(home: Path) -> None:
    """The PostgreSQL of an installation in ``home``, at rest, with all tables and without rows.

    Where the tests have a server of their own (``DATABASE_URL``), which may be of another version, nothing is done:
    then the installation makes its tables itself.
    """
    if os.environ.get("DATABASE_URL"):
        return
    cluster = Cluster.at(home / "postgres")
    with ensure_running(cluster):
        programs = str(find_binaries(cluster.data).prefix / "bin")
        dump = [f"{programs}/pg_dump", "--no-owner", "--dbname", on_server(migrated_template())]
        made = subprocess.run(dump, check=True, capture_output=True).stdout
        fill = [f"{programs}/psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        subprocess.run([*fill, "--dbname", cluster.url], input=made, check=True, capture_output=True)
