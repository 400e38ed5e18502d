"""Databases that tests and measurements make and remove."""

from __future__ import annotations

import psycopg
from psycopg import sql

#: Up to five seconds for each that is still connected.
_END_OURS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = %s AND usename = current_user AND backend_type = 'client backend'
"""


def drop_database(server: psycopg.Connection, name: str) -> None:
    """Remove the database ``name``, if it is there, and end who is still connected to it.

    Not by ``DROP DATABASE … WITH (FORCE)``: that wants to end the autovacuum of the database as well, which our role
    may not, and fails whenever it meets one. The plain statement ends an autovacuum by itself.

    :param server: a connection to another database, in autocommit.
    """
    server.execute(_END_OURS, [name])
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
