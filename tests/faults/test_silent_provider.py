"""A provider takes connections and says nothing: whoever uses it waits, and nobody else does.

Its server is held silent until the test lets it go, so nothing here depends on how long a time-out or a machine takes.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import connection
from django.test import Client

from allsquare.billing.links import pay_url
from allsquare.cli import worker
from allsquare.cli.lanes import Lanes
from allsquare.cli.worker import Round, go_round
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.payments.at_once import AT_ONCE, WITHIN
from allsquare.payments.models import GatewayAccount, InboxEvent, Payment
from allsquare.payments.registry import adapter
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.drain import drain
from allsquare.payments.services.receive import receive
from tests import factories
from tests.fakes import stripe_server
from tests.faults.rails import Rail, stripe_rail
from tests.payments.makers import a_key
from tests.webhook_catcher import WebhookCatcher

pytestmark = pytest.mark.faults

#: Never reached, unless what is tested does not work.
LONG = 60.0


class SilentServer:
    """Takes every connection and answers nothing; ``let_go`` hangs up on all of them."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.held: list[socket.socket] = []
        self._lock, self._over = threading.Lock(), False
        threading.Thread(target=self._hold, daemon=True).start()

    def _hold(self) -> None:
        while True:
            try:
                taken, _address = self._socket.accept()
            except OSError:
                return
            with self._lock:
                self.held.append(taken)
                if self._over:
                    taken.close()

    def let_go(self) -> None:
        with self._lock, suppress(OSError):
            self._over = True
            for each in self.held:
                each.close()
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for the next connection
            self._socket.close()


@pytest.fixture
def silent() -> Iterator[SilentServer]:
    found = SilentServer()
    yield found
    found.let_go()


def hush(account: GatewayAccount, silent: SilentServer) -> None:
    """The account's provider is silent from now on; no time-out of the adapter's own ends that."""
    spoken: Any = adapter(account)
    spoken._api._http.base_url = silent.url
    spoken._api._http.timeout = httpx.Timeout(10 * LONG)


@pytest.fixture
def hanging(transactional_db: None, silent: SilentServer) -> GatewayAccount:
    """The first of all accounts, whose provider is silent, with forty pieces of news about forty payments."""
    nobody = "http://127.0.0.1:9"  # nor need anybody say whose account it is
    settings = {"api_key": "sk_test_1", "webhook_secret": stripe_server.SECRET, "base_url": nobody}
    account = add_gateway_account(
        organization=factories.make_organization(),
        gateway="stripe",
        label="A",
        settings=settings,
        actor=SYSTEM,
    )
    hush(account, silent)
    for number in range(40):
        InboxEvent.objects.create(
            organization=account.organization,
            gateway_account=account,
            external_id=f"evt_{number}",
            kind="payment_intent.succeeded",
            object_reference=f"pi_{number}",
            payload={},
            received_at=clock.now(None),
            next_try_at=clock.now(None),
        )
    return account


@pytest.fixture
def rail(hanging: GatewayAccount) -> Iterator[Rail]:
    yield from stripe_rail()


@pytest.fixture
def in_threads() -> Iterator[Callable[[Callable[[], object]], threading.Thread]]:
    """What is begun, in a thread that is waited for at the end."""
    begun: list[threading.Thread] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            connection.close()

    def begin(work: Callable[[], object]) -> threading.Thread:
        begun.append(threading.Thread(target=run, args=(work,)))
        begun[-1].start()
        return begun[-1]

    yield begin
    for each in begun:
        each.join(LONG)
        assert not each.is_alive()


def paid_and_told(rail: Rail, catcher: WebhookCatcher) -> Payment:
    """The payer has paid, and the provider's webhook is in the inbox."""
    rail.hands.send_news_to(catcher.url)
    payment = rail.pay(rail.invoice(), key=a_key(), saved=False)
    rail.hands.payer_pays(rail.asked(payment))
    news = catcher.wait(1)[-1]
    assert receive(
        organization=rail.organization, gateway_account=rail.account, headers=news.headers, body=news.body
    )
    return payment


def wait_until(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def is_paid(payment: Payment) -> bool:
    payment.refresh_from_db()
    return payment.state == "succeeded"


def test_another_shop_hears_of_its_money_while_a_provider_is_silent(
    silent: SilentServer,
    hanging: GatewayAccount,
    rail: Rail,
    catcher: WebhookCatcher,
    in_threads: Callable[[Callable[[], object]], threading.Thread],
) -> None:
    """Of the rounds of the worker, as the worker makes them; a round that asks nobody goes on as well."""
    stopped, lanes = threading.Event(), Lanes()
    went_round: list[int] = []

    def go() -> int:
        went_round.append(1)
        return 0

    ours = [each for each in worker.rounds(lanes) if each.name in ("inbox", "sweep")]
    rounds = in_threads(partial(go_round, [*ours, Round("other", 0.0, go)], stopped))
    try:
        wait_until(lambda: silent.held)
        payment = paid_and_told(rail, catcher)
        wait_until(lambda: is_paid(payment))
        before = len(went_round)
        wait_until(lambda: len(went_round) > before)
        assert silent.held, "the silence was not over yet"
        waiting = InboxEvent.objects.filter(gateway_account=hanging, state="received", tries=0)
        assert waiting.count() == 40
    finally:
        silent.let_go()
        stopped.set()
        rounds.join(LONG)
        lanes.end()


def test_the_control_one_line_for_all_stands_still(
    silent: SilentServer,
    rail: Rail,
    catcher: WebhookCatcher,
    in_threads: Callable[[Callable[[], object]], threading.Thread],
) -> None:
    """The same round without threads: the account that was first is asked first, and nobody comes after it."""
    payment = paid_and_told(rail, catcher)
    line = in_threads(worker.drain_inboxes)
    wait_until(lambda: silent.held)
    line.join(1.0)
    assert line.is_alive()
    assert not is_paid(payment)
    silent.let_go()
    wait_until(lambda: is_paid(payment))


def test_a_silent_account_is_asked_little_in_one_round(
    silent: SilentServer,
    hanging: GatewayAccount,
    in_threads: Callable[[Callable[[], object]], threading.Thread],
) -> None:
    """Not forty time-outs: no more questions than are asked at once (on a machine that stands still, fewer are begun in
    their time), and the rest stays as it was."""
    round_ = in_threads(lambda: drain(organization=hanging.organization, gateway_account=hanging))
    wait_until(lambda: silent.held)
    time.sleep(WITHIN.total_seconds() + 0.1)  # none is begun any more
    silent.let_go()
    round_.join(LONG)
    rows = InboxEvent.objects.filter(gateway_account=hanging, state="received")
    asked = rows.filter(tries=1).count()
    assert 1 < asked <= AT_ONCE
    assert rows.filter(tries=0).count() == 40 - asked


def test_a_payer_sees_their_page_while_the_provider_is_silent(
    silent: SilentServer, transactional_db: None, client: Client
) -> None:
    """What is known of the payment is shown. The silence goes on, and nothing but the page's own time ends the wait."""
    rails = stripe_rail()
    rail = next(rails)
    invoice = rail.invoice()
    payment = rail.pay(invoice, key=a_key(), saved=False)
    list(rails)
    hush(rail.account, silent)
    answer = client.get(urlsplit(pay_url(rail.organization, invoice)).path)
    assert answer.status_code == 200
    assert silent.held
    payment.refresh_from_db()
    assert payment.state == "needs_action"
