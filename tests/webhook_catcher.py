"""A merchant's webhook endpoint as a real HTTP server on loopback: keeps what came, answers as told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass(frozen=True, slots=True)
class Caught:
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)


class WebhookCatcher:
    """``answers`` are the statuses of the next deliveries; after them every delivery is taken with 204."""

    def __init__(self) -> None:
        self.caught: list[Caught] = []
        self.answers: list[int] = []
        self._changed = threading.Condition()
        catcher = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(catcher._take(Caught(headers, body)))
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def wait(self, count: int, *, seconds: float = 60) -> list[Caught]:
        """The first ``count`` deliveries; fails when they do not come in time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while len(self.caught) < count:
                left = deadline - time.monotonic()
                assert left > 0, f"{len(self.caught)} of {count} deliveries came in {seconds} s"
                self._changed.wait(left)
            return self.caught[:count]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, caught: Caught) -> int:
        with self._changed:
            self.caught.append(caught)
            self._changed.notify_all()
            return self.answers.pop(0) if self.answers else 204


@pytest.fixture
def catcher() -> Iterator[WebhookCatcher]:
    catcher = WebhookCatcher()
    yield catcher
    catcher.close()
