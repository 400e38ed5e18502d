"""Payments settled by webhooks that the web server takes over HTTP, ÷ the limit with four clients.

Each is one delivery about a payment that was started before, signed as the sandbox does it. The server checks the
signature and keeps the news; another process, as the worker does, takes it in. What counts are payments that are
settled: from the first delivery until the last of them is. Four clients at once, one connection each; two workers.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing.synchronize import Event
from uuid import UUID

from django.db import connections
from django.urls import reverse
from standardwebhooks import Webhook

from allsquare.cli.worker import drain_inboxes
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.payments.models import Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from bench.company import Company, company
from bench.crowd import crowd
from bench.deliveries import SETTINGS, news, signed
from bench.figure import Effort, Figure, Timed, timed
from bench.limit import limit
from bench.line import Line
from bench.server import WORKERS, web_server
from bench.settling import Side, compared, pattern_of, stock_rate, take_turns
from bench.stock import Pattern, copies, pattern, tidy

CLIENTS = 4

#: Payments per second that this does not reach.
_MOST = 1_500

#: Seconds between two looks into an empty inbox, as the worker has them.
_PAUSE = 0.1

_LATEST_SECONDS = 300


def measure(effort: Effort) -> Figure:
    owner = company()
    sandbox = add_gateway_account(
        organization=owner.organization, gateway="sandbox", label="Sandbox", settings=SETTINGS, actor=SYSTEM
    )
    settled_by_limit, told = pattern_of(owner), pattern(owner, sandbox)
    path = reverse("hooks:gateway", args=[sandbox.gateway, sandbox.id])
    served: list[Timed] = []
    limits: list[Timed] = []
    with web_server() as port:
        work = partial(_deliver, told, port, path)
        effort.turn_by_turn(
            lambda seconds: _serve(work, told, seconds, served),
            lambda seconds: _limit(owner, settled_by_limit, seconds, limits),
        )
    detail = {"request": "a signed delivery of the sandbox", "clients": CLIENTS, "workers": WORKERS}
    return compared(served[1:], limits[1:], detail)


def _serve(work: partial[Timed], told: Pattern, seconds: float, into: list[Timed]) -> None:
    most = stock_rate(_MOST, into) if len(into) > 1 else _MOST
    stock = copies(told, int(most * seconds))
    tidy()
    with _drained():
        began = time.perf_counter()
        delivered = crowd(work, stock, processes=CLIENTS, seconds=seconds, never_idle=True)
        while _settled(stock) < delivered.count:
            if time.perf_counter() - began > _LATEST_SECONDS:
                raise AssertionError(f"{delivered.count} were delivered, but {_settled(stock)} are settled")
            time.sleep(0.02)
        into.append(replace(delivered, seconds=time.perf_counter() - began))


def _settled(stock: Sequence[UUID]) -> int:
    return Payment.objects.filter(attempts__in=stock, state="succeeded").count()


def _limit(owner: Company, of: Pattern, seconds: float, into: list[Timed]) -> None:
    side = Side(limit(owner, of))
    side = side.supplied(into) if into else side
    into += take_turns([side], of, seconds=seconds, processes=CLIENTS, backwards=False)


@contextmanager
def _drained() -> Iterator[None]:
    """A process that takes in what is delivered, like the round of the worker."""
    connections.close_all()  # a connection must not be shared with what is forked
    fork = multiprocessing.get_context("fork")
    over = fork.Event()
    process = fork.Process(target=_drain, args=(over,))
    process.start()
    try:
        yield
    finally:
        over.set()
        process.join()


def _drain(over: Event) -> None:
    while not over.is_set():
        if not drain_inboxes():
            time.sleep(_PAUSE)


def _deliver(of: Pattern, port: int, path: str, stock: Sequence[UUID], seconds: float) -> Timed:
    """One client: delivery after delivery over one connection."""
    signer, left = Webhook(SETTINGS["webhook_secret"]), iter(stock)
    with Line(port, "Content-Type: application/json\r\n") as line:

        def step() -> int:
            attempt = next(left, None)
            if attempt is None:
                return 0
            now, name = clock.now(None), f"evt_{attempt.hex}"
            body = news(of, attempt, now)
            status, _, said = line.post(path, body, signed(signer, name, now, body))
            if status != 200 or b"true" not in said:
                raise AssertionError(f"the server answers {status}: {said[:2000]!r}")
            return 1

        return timed(step, seconds=seconds)
