"""One machine serves on one port of its own."""

from __future__ import annotations

import socket

import pytest

from allsquare.cli.serve import require_free
from allsquare.core.errors import Conflict


def test_refuses_a_port_that_somebody_shares() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=str(port)):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", port)
