"""Ports for servers that listen later, or again after a pause."""

from __future__ import annotations

import os
import socket
from itertools import count
from typing import Final

#: Below those that a system gives to whoever connects to somebody (Linux from 32768, others from 49152): who asked for
#: any free port may find that a connection of this moment has it by the time it is listened at.
_FIRST: Final = 20_000
_MANY: Final = 12_000

_next = count(os.getpid() * 101)  # processes of one run begin at different places


def free_port() -> int:
    """A port at which nobody listens, and which nobody is given by chance."""
    for _try in range(_MANY):
        port = _FIRST + next(_next) % _MANY
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
