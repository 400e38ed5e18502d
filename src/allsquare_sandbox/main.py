"""``allsquare-sandbox``: start the provider.

One process: what kills it kills all of it, and nothing is left running. It stops on SIGTERM and SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from allsquare_sandbox import accounts
from allsquare_sandbox.app import make_app
from allsquare_sandbox.store import Store, StoreTooNew

KEY_VARIABLE = "ALLSQUARE_SANDBOX_API_KEY"
LOOPBACK = "127.0.0.1"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    try:
        store = Store(options.data)
    except StoreTooNew as problem:
        print(problem, file=sys.stderr)
        return 1
    if options.webhook_secret and not accounts.good_secret(options.webhook_secret):
        print("--webhook-secret must be whsec_ followed by 24 to 64 bytes in base64.", file=sys.stderr)
        return 2
    api_key = options.api_key or os.environ.get(KEY_VARIABLE, "")
    account = accounts.ensure_owner(
        store,
        api_key=api_key,
        name=options.name,
        webhook_url=options.webhook_url,
        webhook_secret=options.webhook_secret,
    )
    try:
        port = _usable(options.port)
        asyncio.run(
            _serve(store, port, shown_key="" if api_key else account.api_key, with_parent=options.with_parent)
        )
    except OSError as problem:
        print(f"Cannot listen on {LOOPBACK}:{options.port}: {problem}", file=sys.stderr)
        return 1
    sys.stdout.flush()
    os._exit(0)  # the store is whole after every commit; a webhook that dawdles in a thread shall not hold us


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="allsquare-sandbox",
        description="A payment provider for trying things out. No real money; it can be broken on purpose.",
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; by default a free one")
    parser.add_argument(
        "--data", type=Path, required=True, help="the file that holds everything; made when missing"
    )
    parser.add_argument(
        "--api-key", default="", help=f"key of the first account (or {KEY_VARIABLE}); else one is made"
    )
    parser.add_argument("--name", default="Test merchant", help="name of the first account, shown to payers")
    parser.add_argument("--webhook-url", default="", help="where the first account's webhooks go")
    parser.add_argument(
        "--webhook-secret", default="", help="the secret that signs them: whsec_…; else one is made"
    )
    parser.add_argument(
        "--with-parent",
        action="store_true",
        help="stop when standard input ends: nobody outlives who started us",
    )
    return parser.parse_args(arguments)


async def _serve(store: Store, port: int, *, shown_key: str, with_parent: bool) -> None:
    server = Server(
        make_app(store),
        address=LOOPBACK,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    if with_parent:
        loop.add_reader(sys.stdin, _stop_at_end, server.stop)
    greeting = loop.create_task(_greet(port, shown_key))
    try:
        await server.serve()
    finally:
        greeting.cancel()


def _stop_at_end(stop: Callable[[], object]) -> None:
    """Our starter is gone, or wants us to go: the pipe it held is closed."""
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin)
        stop()


async def _greet(port: int, shown_key: str) -> None:
    """Say where we are, once a connection really succeeds."""
    while True:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        break
    print(f"Sandbox payment provider listening on http://{LOOPBACK}:{port}", flush=True)
    print(f"Control panel: http://{LOOPBACK}:{port}/panel", flush=True)
    if shown_key:
        print(f"API key: {shown_key}", flush=True)


def _usable(port: int) -> int:
    """``port``, or a free one for 0. Raises ``OSError`` when somebody listens there: Granian would share the port with
    them (``SO_REUSEPORT``), and requests would go now here, now there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))
        return int(probe.getsockname()[1])
