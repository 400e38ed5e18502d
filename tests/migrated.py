"""A database with all tables, made once for a state of the migrations: each run of the tests gets a copy of it.

Migrating from nothing takes longer than most test files need.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

import allsquare

#: Other checkouts of the same machine have their own.
_KEPT: Final = 8
_PREFIX: Final = "migrated_for_tests_"
_LOCK: Final = 7_301_944_102


def migrated_template() -> str:
    """The name of the database that test databases are copied from; it is made when there is none yet."""
    name = f"{_PREFIX}{_state_of_migrations()}"
    with _locked() as server:
        there = _templates(server)
        if name not in there:
            unfinished = f"{name}_unfinished"
            _drop(server, unfinished)
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            _migrate(unfinished)
            server.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (unfinished, name)))
            )
            for old in there[: max(0, len(there) - _KEPT + 1)]:
                _drop(server, old)
    return name


def _state_of_migrations() -> str:
    """Changes when one of ours changes, or one of the locked libraries, which bring their own."""
    house = Path(allsquare.__file__).parent
    locks = sorted((house.parents[1] / "requirements").glob("*.txt"))
    state = sha256()
    for path in [*sorted(house.glob("**/migrations/*.py")), *locks]:
        state.update(f"{path.parent.name}/{path.name}\n".encode() + path.read_bytes())
    return state.hexdigest()[:16]


@contextmanager
def _locked() -> Iterator[psycopg.Connection]:
    """Many runs may ask at once; one makes it."""
    with psycopg.connect(on_server("postgres"), autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        yield server


def on_server(name: str) -> str:
    """How to connect to the database of that ``name`` on the server of the tests."""
    ours = connection.get_connection_params()
    given = {key: str(ours[key]) for key in ("host", "port", "user", "password") if ours.get(key)}
    return make_conninfo(dbname=name, **given)


def _templates(server: psycopg.Connection) -> list[str]:
    """The oldest first."""
    rows = server.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid", [_PREFIX]
    )
    return [name for (name,) in rows]


def _drop(server: psycopg.Connection, name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _migrate(name: str) -> None:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
