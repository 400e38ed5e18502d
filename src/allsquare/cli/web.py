"""``allsquare web``: the web server, Granian with WSGI."""

from __future__ import annotations

import argparse
import os

from granian import Granian
from granian.constants import Interfaces

from allsquare.cli.database import database
from allsquare.cli.parent import end_with_parent
from allsquare.web.ui.static_build import ensure_static


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1), help="processes")
    parser.add_argument("--threads", type=int, default=4, help="requests at once in each process")
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends")


def run(options: argparse.Namespace) -> int:
    if options.with_parent:
        end_with_parent()
    with database():
        ensure_static()
        Granian(
            "allsquare.config.wsgi:application",
            address=options.host,
            port=options.port,
            interface=Interfaces.WSGI,
            workers=options.workers,
            blocking_threads=options.threads,
            respawn_failed_workers=True,
            log_access=False,
        ).serve()
    return 0
