"""A stand-in for Stripe in a process of its own: whatever is asked for was paid, by the attempt that its name says."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

from django.db import connections

from bench.stock import Pattern
from tests.fakes import stripe_server
from tests.fakes.http_server import Object
from tests.fakes.stripe_server import FakeStripe

_LATEST_SECONDS = 60


def intent_of(attempt: UUID) -> str:
    return f"pi_{attempt.hex}"


def page_of(attempt: UUID) -> str:
    return f"cs_{attempt.hex}"


class Paid(FakeStripe):
    """Makes each object when it is asked for."""

    def __init__(self, amount: int, currency: str) -> None:
        super().__init__()
        self._amount, self._currency = amount, currency.lower()

    def _get(self, path: str, query: Object) -> Object:
        kind, _line, attempt = path.rpartition("/")[2].partition("_")
        if kind in ("pi", "cs") and intent_of(UUID(attempt)) not in self.objects:
            self._pay(UUID(attempt))
        return super()._get(path, query)

    def _pay(self, attempt: UUID) -> None:
        ours = {"attempt": str(attempt), "via": "page"}
        intent = self._renamed(self._make_intent(self._amount, self._currency, ours), intent_of(attempt))
        self._capture(intent)
        facts: Object = {"status": "complete", "payment_intent": intent["id"], "metadata": ours, "url": None}
        self._renamed(self._make("cs", "checkout.session", **facts), page_of(attempt))

    def _renamed(self, made: Object, name: str) -> Object:
        del self.objects[made["id"]]
        made["id"] = name
        self.objects[name] = made
        return made


@contextmanager
def answering(of: Pattern, *, seconds: float) -> Iterator[dict[str, str]]:
    """The settings of an account there; each answer takes ``seconds`` and the time of making it."""
    connections.close_all()  # a connection must not be shared with what is forked
    fork = multiprocessing.get_context("fork")
    mine, theirs = fork.Pipe()
    child = fork.Process(target=_answer, args=(theirs, of, seconds), daemon=True)
    child.start()
    try:
        if not mine.poll(_LATEST_SECONDS):
            raise RuntimeError("the stand-in did not come up")
        yield {
            "api_key": stripe_server.KEY,
            "webhook_secret": stripe_server.SECRET,
            "base_url": mine.recv(),
        }
    finally:
        child.terminate()
        child.join()


def _answer(line: Connection[Any, Any], of: Pattern, seconds: float) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    fake = Paid(of.payment.amount_minor, of.payment.currency)
    fake.takes = seconds
    line.send(fake.url)
    signal.pause()
