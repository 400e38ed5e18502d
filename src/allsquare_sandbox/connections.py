"""Breaking a connection so that the other side really sees it break.

An ASGI application cannot drop its connection: whatever it does, the server sends a reply. So we find
the socket of the request among our own file descriptors by the client's address, and shut it down
beneath the server.
"""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

DESCRIPTORS = Path("/dev/fd")  # Linux, macOS and the BSDs


class ConnectionNotFound(Exception):
    """The request's socket is not ours to break: a proxy stands between, or the system has no ``/dev/fd``."""


def cut(request: Request) -> Response:
    """Shut the request's connection. The response that is returned reaches nobody.

    Raises :class:`ConnectionNotFound` rather than answer as if nothing had been ordered.
    """
    if request.client is None:
        raise ConnectionNotFound("the server did not say who is connected")
    wanted = (request.client.host, int(request.client.port))
    broken = [entry for entry in DESCRIPTORS.iterdir() if _shut(int(entry.name), wanted)]
    if not broken:
        raise ConnectionNotFound(f"no socket of this process is connected to {wanted}")
    return Response(status_code=204)


def _shut(descriptor: int, wanted: tuple[str, int]) -> bool:
    """Whether this descriptor was the wanted connection, which is then shut."""
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return False
        with socket.socket(fileno=os.dup(descriptor)) as ours:
            if ours.family not in (socket.AF_INET, socket.AF_INET6) or ours.getpeername()[:2] != wanted:
                return False
            ours.shutdown(socket.SHUT_RDWR)
            return True
    except OSError:  # closed meanwhile, or listening: not the one
        return False
