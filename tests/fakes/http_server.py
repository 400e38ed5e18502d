"""What the stand-ins for providers have in common: a real HTTP server on loopback, asked by many threads at once."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from allsquare.gateways.shared import trusted

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"{}")


@dataclass(frozen=True, slots=True)
class File:
    """What a browser is given."""

    media_type: str
    data: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Server:
    """``reply`` gives status and body (bytes are sent as they are), or ``None`` to hang up without a word. One request
    at a time: a stand-in need not be fast, but its books must be right."""

    takes: float = 0.0  # seconds that an answer is on its way, however many others are

    def __init__(self) -> None:
        self.lock = threading.RLock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65_536  # head and body in one packet: the other side waits for the second one else

            def do_GET(self) -> None:
                self._handle()

            def do_POST(self) -> None:
                self._handle()

            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
                server.hold(asked)
                with server.lock:
                    told = server.reply(asked)
                if told is None:
                    self.close_connection = True
                    return
                status, answer = told
                file = answer if isinstance(answer, File) else File("application/json", _spelled(answer))
                self.send_response(status)
                for name, value in file.headers.items():
                    self.send_header(name, value)
                self.send_header("content-type", file.media_type)
                self.send_header("content-length", str(len(file.data)))
                self.end_headers()
                self.wfile.write(file.data)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def hold(self, asked: Asked) -> None:
        """The answer is on its way."""
        time.sleep(self.takes)

    def reply(self, asked: Asked) -> tuple[int, Object | bytes | File] | None:
        raise NotImplementedError

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def send(url: str, body: bytes, headers: dict[str, str]) -> None:
    """News to whoever listens there."""
    httpx.post(url, content=body, headers=headers, verify=trusted(), trust_env=False)


def _spelled(answer: Object | bytes) -> bytes:
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode()
