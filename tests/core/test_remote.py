"""How long an answer of another server is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from allsquare.core import remote
from allsquare.core.remote import Reply, answered_within

USUAL = {"connect": 5.0, "read": 20.0, "write": 20.0, "pool": 20.0}


class Server:
    """Notes how long each request would have waited."""

    def __init__(self) -> None:
        self.waits: list[Mapping[str, float]] = []
        self.http = httpx.Client(
            base_url="http://provider.example",
            timeout=httpx.Timeout(20, connect=5),
            transport=httpx.MockTransport(self._answer),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.waits.append(request.extensions["timeout"])
        return httpx.Response(200, json={})

    def ask(self, method: str, **more: Any) -> Mapping[str, float]:
        assert isinstance(remote.request(self.http, method, "/", **more), Reply)
        return self.waits[-1]


def test_a_question_has_the_time_that_its_asker_has() -> None:
    server = Server()
    with answered_within(timedelta(seconds=3)):
        for wait in (server.ask("GET"), server.ask("POST", only_asks=True)):
            assert all(0 < each <= 3 for each in wait.values())
    assert server.ask("GET") == USUAL


def test_what_may_move_money_keeps_its_own_time() -> None:
    server = Server()
    with answered_within(timedelta(seconds=3)):
        assert server.ask("POST") == USUAL
        assert server.ask("DELETE") == USUAL


def test_all_questions_share_the_time_and_none_extends_it() -> None:
    server = Server()
    with answered_within(timedelta(0)), answered_within(timedelta(seconds=60)):
        assert server.ask("GET") == dict.fromkeys(USUAL, 0.001)
    with answered_within(timedelta(hours=1)):
        assert server.ask("GET") == USUAL


def test_the_time_is_over_when_the_page_failed() -> None:
    server = Server()
    with pytest.raises(RuntimeError), answered_within(timedelta(seconds=3)):
        raise RuntimeError
    assert server.ask("GET") == USUAL
