"""A connection to the web server over which forms are sent: as little as there can be.

The clients share the machine with what is measured. Python's own ``http.client`` reads the head of an answer as if it
were a mail, for longer than the server needed to write it.
"""

from __future__ import annotations

import re
import socket
from types import TracebackType
from typing import Final, Self

_STATUS: Final = re.compile(rb"HTTP/1\.1 (\d{3})")
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END: Final = b"\r\n\r\n"
_PIECE: Final = 65_536


class Line:
    """Kept alive from one form to the next. Answers that do not say their length are none of this server's."""

    def __init__(self, port: int, head: str) -> None:
        """``head``: lines that every request has."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: 127.0.0.1:{port}\r\n{head}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def post(self, path: str, sent: str, more: str = "") -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer. ``sent`` is the body, ``more`` are lines of the head for this one."""
        request = f"POST {path} HTTP/1.1\r\n{self._head}{more}Content-Length: {len(sent)}\r\n\r\n{sent}"
        self._socket.sendall(request.encode("ascii"))
        answer = b""
        while _END not in answer:
            answer += self._more()
        head, _, body = answer.partition(_END)
        status, length = _STATUS.match(head), _LENGTH.search(head)
        if status is None or length is None:
            raise ConnectionError(f"this is no answer: {head!r}")
        while len(body) < int(length[1]):
            body += self._more()
        return int(status[1]), head, body

    def _more(self) -> bytes:
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise ConnectionError("the server hung up")
        return piece
