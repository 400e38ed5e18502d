"""A second database beside the one that is measured, in the same PostgreSQL, and going from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from psycopg import sql

from tests.databases import drop_database


@contextmanager
def inside(name: str) -> Iterator[None]:
    """What is asked within is asked of the database ``name``."""
    before = connection.settings_dict["NAME"]
    _go(name)
    try:
        yield
    finally:
        _go(before)


def exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def new_database(name: str) -> None:
    """An empty one with all tables; one of that name from an earlier run goes first."""
    connection.ensure_connection()
    drop_database(connection.connection, name)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with inside(name):
        call_command("migrate", interactive=False, verbosity=0)


def _go(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
