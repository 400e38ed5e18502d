"""An empty database on the server of the tests, for an installation that is restored."""

from __future__ import annotations

import os
import secrets

import psycopg
from django.db import connection
from psycopg import sql

from tests.databases import drop_database
from tests.faults.shop import database_url


class Place:
    """A database for an installation. ``empty`` makes it anew."""

    def __init__(self, *, template: str = "template1") -> None:
        self._name = f"test_allsquare_{os.getpid()}_{secrets.token_hex(4)}"
        self._template = template
        self.url = self._of(self._name)

    def __enter__(self) -> Place:
        self.empty()
        return self

    def __exit__(self, *_error: object) -> None:
        with self._server() as server:
            drop_database(server, self._name)

    def empty(self) -> None:
        with self._server() as server:
            drop_database(server, self._name)
            names = map(sql.Identifier, (self._name, self._template))
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))

    def rows(self, table: str) -> int:
        with psycopg.connect(self.url, autocommit=True) as inside:
            found = inside.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            ).fetchone()
        assert found is not None
        return int(found[0])

    def _server(self) -> psycopg.Connection:
        return psycopg.connect(self._of("postgres"), autocommit=True)

    @staticmethod
    def _of(name: str) -> str:
        return database_url().replace(f"/{connection.settings_dict['NAME']}?", f"/{name}?")
