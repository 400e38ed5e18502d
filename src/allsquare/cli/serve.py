"""``allsquare serve``: everything for one machine, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import time
from types import FrameType

from django.conf import settings

from allsquare.cli.children import Child, Children, allsquare_command, wait_for
from allsquare.cli.database import database, revive
from allsquare.cli.sandbox import kept_key, start_sandbox
from allsquare.core.embedded_postgres import EmbeddedPostgresError
from allsquare.core.errors import Conflict
from allsquare.core.migrating import migrate
from allsquare.identity.selectors import has_organizations
from allsquare.onboarding.claim import sign_up_is_open

#: Seconds until a database that could not be started is tried again.
DATABASE_PAUSE = 5.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--no-sandbox",
        action="store_true",
        help="without the practice provider that rehearsals take money with",
    )


def run(options: argparse.Namespace) -> int:
    require_free(options.host, options.port)
    address = f"http://{options.host}:{options.port}"
    base_url = os.environ.get("ALLSQUARE_BASE_URL", "")
    if not base_url and options.host in LOOPBACK:  # tried out here: links lead here, on whatever port
        base_url = os.environ["ALLSQUARE_BASE_URL"] = address  # for the processes that are started below
    with database(adopt=True), Children() as children:
        migrate(tell=print)
        if not options.no_sandbox and not settings.ALLSQUARE_SANDBOX_URL:
            os.environ.setdefault("ALLSQUARE_SANDBOX_HOOKS", address)
            start_sandbox(children, key=kept_key())
        start_web(children, host=options.host, port=options.port)
        start_worker(children)
        links = base_url or settings.BASE_URL
        print(f"Allsquare answers on {address} (links in mails begin with {links}). Stop with Ctrl-C.")
        print(first_steps(links), end="", flush=True)
        tend_until_stopped(children)
    return 0


def first_steps(links: str) -> str:
    """What to do with an installation that nobody has claimed yet; nothing for one that works."""
    if has_organizations():
        return ""
    if sign_up_is_open():
        return f"Nobody has signed up yet. The first who does owns it: {links}/accounts/signup/\n"
    return "Nobody can sign up here yet: make the first organization with `allsquare new`.\n"


def require_free(host: str, port: int) -> None:
    """Granian shares its port (``SO_REUSEPORT``): two installations would take turns in answering, unseen.

    Raises ``Conflict`` when somebody answers there already.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise Conflict(f"{host}:{port} cannot be listened on: {error.strerror}.") from error


def start_web(children: Children, *, host: str, port: int) -> Child:
    """Returns when the server answers."""
    command = allsquare_command("web", "--with-parent", "--host", host, "--port", str(port))
    child = children.start(Child("web", command, settings.HOME / "logs" / "web.log"))
    wait_for(child, f"http://{host}:{port}/ui/healthy")
    return child


def start_worker(children: Children) -> Child:
    return children.start(
        Child("worker", allsquare_command("worker", "--with-parent"), settings.HOME / "logs" / "worker.log")
    )


def tend_until_stopped(children: Children) -> None:
    """Keep the database and the processes running until somebody asks us to end."""
    stopped = False
    look_at = 0.0

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while not stopped:
            if time.monotonic() >= look_at:
                look_at = _tend_database()
            children.tend()
            time.sleep(0.2)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tend_database() -> float:
    """When to look again. Without us only the worker would notice that it is gone, after a minute."""
    try:
        if revive():
            print("The database had ended and was started again.", flush=True)
    except EmbeddedPostgresError as error:
        print(f"{error.message} Trying again.", file=sys.stderr, flush=True)
        return time.monotonic() + DATABASE_PAUSE
    return 0.0
