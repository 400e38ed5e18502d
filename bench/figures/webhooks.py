"""Webhooks at volume, of which 30 % are repeated, out of order or forged, ÷ ``settle_batch`` in the same round.

Four clients deliver to the web server over HTTP, signed as the sandbox does it. Of ten deliveries seven tell that a
payment went through; one is a repeat; one, told late, says what the payment was before; one is forged, and refused. How
many the server answers in a second is the one figure. Then the worker's own round takes in what was kept: how many
payments it settles in a second is the other, and that is what is compared with settling the same payments in batches
of 1,000 without any of this.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from statistics import median
from uuid import UUID

from django.urls import reverse
from standardwebhooks import Webhook

from allsquare.cli.worker import drain_inboxes
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.payments.models import InboxEvent, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from bench.company import Company, company
from bench.crowd import crowd
from bench.deliveries import SETTINGS, news, signed
from bench.figure import Effort, Figure, Timed, timed
from bench.line import Line
from bench.server import WORKERS, web_server
from bench.settling import MOST_IN_BATCHES, Side, pattern_of, stock_rate, take_turns, through_the_door
from bench.stock import Pattern, copies, pattern, tidy

CLIENTS = 4
_BATCH = 1_000
#: Deliveries per second that this does not reach.
_MOST = 3_000
#: Of ten in a row: which are no news of a payment that went through.
_REPEATED, _LATE, _FORGED = 3, 6, 9


def measure(effort: Effort) -> Figure:
    effort = effort.half()
    owner = company()
    sandbox = add_gateway_account(
        organization=owner.organization, gateway="sandbox", label="Webhooks", settings=SETTINGS, actor=SYSTEM
    )
    by_batch, told = pattern_of(owner), pattern(owner, sandbox)
    path = reverse("hooks:gateway", args=[sandbox.gateway, sandbox.id])
    answered: list[Timed] = []
    drained: list[Timed] = []
    batches: list[Timed] = []
    with web_server() as port:
        work = partial(_deliver, told, port, path)
        effort.turn_by_turn(
            lambda seconds: _by_webhooks(work, told, seconds, answered, drained),
            lambda seconds: _in_batches(owner, by_batch, seconds, batches),
        )
    return _compared(answered[1:], drained[1:], batches[1:])


def _compared(answered: Sequence[Timed], drained: Sequence[Timed], batches: Sequence[Timed]) -> Figure:
    whole = [mine.count / (came.seconds + mine.seconds) for came, mine in zip(answered, drained, strict=True)]
    return Figure(
        unit="× settle_batch",
        ratio=True,
        rounds=[mine.rate / theirs.rate for mine, theirs in zip(drained, batches, strict=True)],
        detail={
            "clients": CLIENTS,
            "workers": WORKERS,
            "answered_per_second": round(median(run.rate for run in answered)),
            "settled_per_second": round(median(run.rate for run in drained)),
            "settled_per_second_one_after_the_other": round(median(whole)),
            "batch_payments_per_second": round(median(run.rate for run in batches)),
            "drain_cpu_ms": round(median(run.cpu_ms for run in drained), 3),
            "batch_cpu_ms": round(median(run.cpu_ms for run in batches), 3),
        },
    )


def _by_webhooks(
    work: partial[Timed], told: Pattern, seconds: float, answered: list[Timed], drained: list[Timed]
) -> None:
    # Dealt out in equal parts, of which the client that the server favours needs more than the others.
    most = 2 * stock_rate(_MOST, answered) if len(answered) > 1 else _MOST
    stock = copies(told, int(most * seconds))
    tidy()
    answered.append(crowd(work, stock, processes=CLIENTS, seconds=seconds, never_idle=True))
    waiting = InboxEvent.objects.filter(
        gateway_account=told.payment.gateway_account_id, state="received", kind="charge.succeeded"
    ).count()
    cpu, began = time.process_time(), time.perf_counter()
    while drain_inboxes():
        continue
    drained.append(Timed(waiting, time.perf_counter() - began, time.process_time() - cpu))
    _check(stock, waiting)


def _check(stock: Sequence[UUID], waiting: int) -> None:
    states = Counter(Payment.objects.filter(attempts__in=stock).values_list("state", flat=True))
    if states["succeeded"] != waiting or states["pending"]:
        raise AssertionError(f"of {waiting} payments that went through the states are {dict(states)}")


def _in_batches(owner: Company, of: Pattern, seconds: float, into: list[Timed]) -> None:
    side = Side(through_the_door(owner, of), _BATCH, MOST_IN_BATCHES)
    side = side.supplied(into) if into else side
    into += take_turns([side], of, seconds=seconds, backwards=False)


def _deliver(of: Pattern, port: int, path: str, stock: Sequence[UUID], seconds: float) -> Timed:
    """One client: delivery after delivery over one connection."""
    signer, left = Webhook(SETTINGS["webhook_secret"]), iter(stock)
    known: list[UUID] = []
    place = 0
    with Line(port, "Content-Type: application/json\r\n") as line:

        def step() -> int:
            nonlocal place
            kind, now = place % 10, clock.now(None)
            place += 1
            if kind in (_REPEATED, _LATE):
                attempt = known[-1 - place % min(len(known), 7)]
            else:
                found = next(left, None)
                if found is None:
                    return 0
                attempt = found
            status = "pending" if kind == _LATE else "succeeded"
            name = f"evt_{attempt.hex}{'_before' if kind == _LATE else ''}"
            body = news(of, attempt, now, status)
            head = signed(signer, name, now, body)
            if kind == _FORGED:
                body = body.replace('"fee": ', '"fee": 1')
            elif kind not in (_REPEATED, _LATE):
                known.append(attempt)
            answer, _, said = line.post(path, body, head)
            if answer != (400 if kind == _FORGED else 200) or (kind == _REPEATED and b"false" not in said):
                raise AssertionError(f"the server answers {answer} to delivery {kind}: {said[:2000]!r}")
            return 1

        return timed(step, seconds=seconds)
