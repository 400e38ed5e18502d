"""A network that misbehaves, between Allsquare and a provider: a real HTTP proxy on loopback.

It forwards everything to the provider, until a test orders something for the next requests that move money. What the
sandbox can do to itself (``misbehave``) it does knowingly; here the provider knows of nothing, as on a real network.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest


class Weather(StrEnum):
    """What happens to one request."""

    LOSE_REPLY = "the provider does it, nobody hears of it"
    LOSE_REQUEST = "the provider never sees it"
    DELAY = "the provider does it at once, its answer comes too late"
    HOLD = "it is kept on the way, and arrives when the test lets it"
    DUPLICATE = "it arrives twice"
    DUPLICATE_WITHOUT_KEY = "it arrives twice, and nothing says that both are one (for controls)"


@dataclass(slots=True)
class Asked:
    """A request that came by."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    answers: list[int] = field(default_factory=list)  # what the provider said, each time that it arrived

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider said."""

    status: int
    kind: str
    body: bytes


class LossyProxy:
    """``orders`` befall the next ``POST`` requests in turn; ``asked`` remembers all of those."""

    def __init__(self, target: str) -> None:
        self.orders: list[Weather] = []
        self.asked: list[Asked] = []
        self.delay = 0.0  # seconds, of ``DELAY``
        self._held: list[Asked] = []
        self._host = urlsplit(target).netloc
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def let_through(self) -> None:
        """What was held arrives now, long after whoever asked went away."""
        while self._held:
            self._forward(self._held.pop(0))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _meet(self, request: Asked) -> Answer | None:
        """What comes back to whoever asked; ``None`` when the line is cut."""
        self.asked.append(request)
        order = self.orders.pop(0) if self.orders else None
        if order is Weather.HOLD:
            self._held.append(request)
        if order in (Weather.LOSE_REQUEST, Weather.HOLD):
            return None
        answer = self._forward(request)
        if order is Weather.DUPLICATE_WITHOUT_KEY:
            request.headers["idempotency-key"] += "-again"
        if order in (Weather.DUPLICATE, Weather.DUPLICATE_WITHOUT_KEY):
            answer = self._forward(request)
        if order is Weather.DELAY:
            time.sleep(self.delay)
        return None if order is Weather.LOSE_REPLY else answer

    def _forward(self, request: Asked) -> Answer:
        kept = {name: value for name, value in request.headers.items() if name not in ("host", "connection")}
        connection = HTTPConnection(self._host, timeout=30)
        try:
            connection.request(request.method, request.path, request.body or None, kept)
            answer = connection.getresponse()
            request.answers.append(answer.status)
            return Answer(answer.status, answer.headers.get("Content-Type", ""), answer.read())
        finally:
            connection.close()


def _handler(proxy: LossyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._say(proxy._forward(self._read()))

        def do_POST(self) -> None:
            self._say(proxy._meet(self._read()))

        def _read(self) -> Asked:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            return Asked(self.command, self.path, headers, body)

        def _say(self, answer: Answer | None) -> None:
            with suppress(OSError):  # whoever asked does not wait any longer
                if answer is None:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def make_proxy() -> Iterator[list[LossyProxy]]:
    """Proxies that a test opens are closed after it."""
    opened: list[LossyProxy] = []
    yield opened
    for proxy in opened:
        proxy.close()
