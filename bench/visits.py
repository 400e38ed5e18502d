"""Visits to pages of the console in this process: real middleware, views and templates, by a signed-in owner."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import psycopg
from django.test import Client

from allsquare.core.wire import Wire
from bench.company import Company


@dataclass(frozen=True, slots=True)
class Visit:
    """Milliseconds of one answer: in all, waiting for the database, and of this process's CPU."""

    status: int
    html: bool
    statements: int
    ms: float
    sql_ms: float
    cpu_ms: float


class Visitor:
    """The owner's browser."""

    def __init__(self, company: Company) -> None:
        self._client = Client(SERVER_NAME="localhost", raise_request_exception=False)
        self._client.force_login(company.owner, backend="allauth.account.auth_backends.AuthenticationBackend")

    def visit(self, path: str) -> Visit:
        with _watched() as sql:
            began, cpu = time.perf_counter(), time.process_time()
            response: Any = self._client.get(path)
            took, took_cpu = time.perf_counter() - began, time.process_time() - cpu
        if response.streaming:
            response.close()
        return Visit(
            status=response.status_code,
            html=not response.streaming and response.headers.get("Content-Type", "").startswith("text/html"),
            statements=sql.count,
            ms=1000 * took,
            sql_ms=1000 * sql.seconds,
            cpu_ms=1000 * took_cpu,
        )


@dataclass(slots=True)
class _Sql:
    count: int = 0
    seconds: float = 0.0


@contextmanager
def _watched() -> Iterator[_Sql]:
    """Whatever is sent to the database, by Django or past it."""
    sql = _Sql()

    def timed(really: Any, counted: int) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return really(*args, **kwargs)
            finally:
                sql.count += counted
                sql.seconds += time.perf_counter() - began

        return run

    with (
        patch.object(psycopg.Cursor, "execute", timed(psycopg.Cursor.execute, 1)),
        patch.object(Wire, "send", timed(Wire.send, 1)),
        patch.object(Wire, "drain", timed(Wire.drain, 0)),  # where answers are waited for
    ):
        yield sql
