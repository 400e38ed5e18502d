"""Connections that were kept: whoever died is not asked anything, and who is well is not asked how they are."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, connections

from allsquare.core import bulk
from allsquare.core.postgresql import base
from tests.statements import statements_sent

pytestmark = pytest.mark.django_db(transaction=True)


def next_request() -> None:
    """What Django does between two of them."""
    connection.close_if_unusable_or_obsolete()


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()  # the one of earlier tests is as old, and as ill, as they left it
    connection.connect()
    ours = connections["default"]  # the one of this thread
    monkeypatch.setattr(ours, "health_check_enabled", True)
    monkeypatch.setattr(ours, "close_at", None)


def end_it() -> None:
    """As when the server is started anew."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])


def test_who_is_well_is_not_asked() -> None:
    next_request()
    with statements_sent() as sent:
        assert bulk.run("SELECT 1") == [(1,)]
    assert sent.call_count == 1


def test_who_was_quiet_for_long_is_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_BELIEVED", -1.0)
    next_request()
    with statements_sent() as sent:
        assert bulk.run("SELECT 1") == [(1,)]
    assert sent.call_count == 2


def test_a_dead_one_is_replaced_before_it_is_used() -> None:
    before = connection.connection.info.backend_pid
    end_it()
    next_request()
    assert bulk.run("SELECT 1") == [(1,)]
    assert connection.connection.info.backend_pid != before
