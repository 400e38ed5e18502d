"""The web server as an installation runs it (``allsquare web``), on the database that is measured."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

WORKERS = 2

_LATEST_SECONDS = 120


@contextmanager
def web_server() -> Iterator[int]:
    """Gives its port once it answers."""
    port = _free_port()
    settings = {
        "DJANGO_SETTINGS_MODULE": "bench.served",
        "ALLSQUARE_BASE_URL": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "allsquare.cli", "web", "--with-parent"]
    process = subprocess.Popen(  # our own command
        [*command, "--port", str(port), "--workers", str(WORKERS)],
        env=os.environ | settings,
        stdin=subprocess.PIPE,
        stdout=sys.stderr,
    )
    try:
        _wait_until_it_answers(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    latest = time.monotonic() + _LATEST_SECONDS
    while time.monotonic() < latest and process.poll() is None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            line.request("GET", "/accounts/login/")
            if line.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            line.close()
    raise RuntimeError("the web server did not come up")
