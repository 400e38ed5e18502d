"""A process that another one started ends when its starter is gone, even by ``kill -9``.

The starter holds the other end of standard input; when that closes, the process asks itself to stop.
"""

from __future__ import annotations

import os
import signal
import sys
import threading


def end_with_parent() -> None:
    """Watch standard input in a thread; at its end send SIGTERM to this process."""

    def watch() -> None:
        descriptor = sys.stdin.fileno()
        while os.read(descriptor, 1024):
            continue
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
