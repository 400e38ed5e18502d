"""``allsquare web``: the web server, Granian with WSGI."""

from __future__ import annotations

import argparse
import os

from django.conf import settings
from granian.constants import Interfaces
from granian.server.mp import MPServer

from allsquare.cli.database import database
from allsquare.cli.parent import end_with_parent
from allsquare.web.ui.ending import ENDING
from allsquare.web.ui.static_build import ensure_static

#: Seconds that requests under way get at the end; ``cli.children`` waits a little longer.
PATIENCE = 12


class Server(MPServer):
    """Granian, which says so to its workers before it waits for them: their streams never end of themselves."""

    def shutdown(self, exit_code: int = 0) -> None:
        ENDING.set()
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]  # Granian says no types


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1), help="processes")
    parser.add_argument("--threads", type=int, default=4, help="requests at once in each process")
    parser.add_argument(
        "--streams",
        type=int,
        default=settings.ALLSQUARE_LIVE_STREAMS,
        help="live pages at once in each process, each with a thread of its own",
    )
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends")


def run(options: argparse.Namespace) -> int:
    if options.with_parent:
        end_with_parent()
    bound_streams(options.streams)
    with database():
        ensure_static()
        Server(
            "allsquare.config.wsgi:application",
            address=options.host,
            port=options.port,
            interface=Interfaces.WSGI,
            workers=options.workers,
            # A stream keeps its thread, so it gets one on top: streams never take those of other requests.
            blocking_threads=options.threads + options.streams,
            workers_kill_timeout=PATIENCE,
            respawn_failed_workers=True,
            log_access=False,
        ).serve()
    return 0


def bound_streams(number: int) -> None:
    """For workers that are forked with these settings, and for those that read them anew."""
    settings.ALLSQUARE_LIVE_STREAMS = number
    os.environ["ALLSQUARE_LIVE_STREAMS"] = str(number)
