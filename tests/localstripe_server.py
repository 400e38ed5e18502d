"""``python -m tests.localstripe_server``: localstripe on a free port of loopback, and nowhere else.

Its own command listens on every address of the machine, and keeps what it knows in a file under a fixed name that all
of its processes share. The server itself is as it comes. It ends when its input does: whoever started it is gone.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

from aiohttp import web
from localstripe.resources import Store
from localstripe.server import app


def main() -> None:
    Store.dump_to_disk = lambda self: None
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    threading.Thread(target=_end_with_input, daemon=True).start()
    web.run_app(app, sock=listening, access_log=None)


def _end_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
