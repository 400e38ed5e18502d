"""``allsquare live``: live pages for larger set-ups, Granian with ASGI. A proxy in front sends ``/live/`` here."""

from __future__ import annotations

import argparse

from granian.constants import Interfaces

from allsquare.cli.database import database
from allsquare.cli.parent import end_with_parent
from allsquare.cli.web import PATIENCE, Server, bound_streams
from allsquare.web.ui.static_build import ensure_static


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--streams", type=int, default=2000, help="live pages at once in each process")
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends")


def run(options: argparse.Namespace) -> int:
    if options.with_parent:
        end_with_parent()
    bound_streams(options.streams)
    with database():
        ensure_static()  # for the pages that say what went wrong
        Server(
            "allsquare.config.asgi:application",
            address=options.host,
            port=options.port,
            interface=Interfaces.ASGINL,
            workers=options.workers,
            workers_kill_timeout=PATIENCE,
            respawn_failed_workers=True,
            log_access=False,
        ).serve()
    return 0
