"""Whom a delivery makes us ask for a certificate, and how often."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from allsquare.core import clock
from allsquare.gateways.paypal import PayPalGateway
from allsquare.gateways.paypal.signature import TOLERANCE
from allsquare.payments.gateway import SignatureInvalid
from tests.contracts.benches import paypal_gateway
from tests.fakes import paypal_server
from tests.fakes.paypal_server import CERTIFICATE, WEBHOOK, FakePayPal

BODY = json.dumps({"id": "WH-1", "event_type": "X", "resource": {"id": "1"}}).encode()


@pytest.fixture
def fake() -> Iterator[FakePayPal]:
    yield from paypal_server.running()


@pytest.fixture
def gateway(fake: FakePayPal) -> PayPalGateway:
    return paypal_gateway(fake.url)


def deliver(
    fake: FakePayPal,
    gateway: PayPalGateway,
    *,
    address: str = "",
    later: timedelta = timedelta(0),
    age: timedelta = timedelta(0),
) -> None:
    now = clock.now(None) + later
    headers = paypal_server.signed(fake.url, WEBHOOK, now - age, BODY)
    headers["paypal-cert-url"] = address or headers["paypal-cert-url"]
    gateway.parse_webhook(headers=headers, body=BODY, received_at=now)


def refused(fake: FakePayPal, gateway: PayPalGateway, name: str, later: timedelta = timedelta(0)) -> None:
    with pytest.raises(SignatureInvalid):
        deliver(fake, gateway, address=f"{fake.url}/v1/notifications/certs/CERT-{name}", later=later)


def test_a_certificate_is_fetched_once(fake: FakePayPal, gateway: PayPalGateway) -> None:
    for _ in range(3):
        deliver(fake, gateway)
    deliver(fake, gateway, address=f"{fake.url}{CERTIFICATE}?")  # the same, written in another way
    assert fake.certificates == 1


def test_what_cannot_be_had_is_not_asked_for_again_within_a_minute(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    for _ in range(20):
        refused(fake, gateway, "none")
    assert fake.certificates == 1
    refused(fake, gateway, "none", timedelta(seconds=61))
    assert fake.certificates == 2


def test_a_flood_of_names_makes_us_ask_ten_times_a_minute_and_what_we_know_is_believed_meanwhile(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    deliver(fake, gateway)
    for number in range(50):
        refused(fake, gateway, str(number))
    assert fake.certificates == 10
    deliver(fake, gateway)
    other = paypal_gateway(fake.url)
    for number in range(50):
        refused(fake, other, str(number))
    with pytest.raises(SignatureInvalid, match="a moment ago"):
        deliver(fake, other)  # PayPal delivers it again
    deliver(fake, other, later=timedelta(seconds=61))


def test_an_old_delivery_asks_for_nothing(fake: FakePayPal, gateway: PayPalGateway) -> None:
    with pytest.raises(SignatureInvalid, match="too old"):
        deliver(fake, gateway, age=TOLERANCE + timedelta(seconds=2))
    assert fake.certificates == 0


def test_who_waits_for_a_certificate_keeps_nobody_else_waiting(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    deliver(fake, gateway)
    asked, answer = threading.Event(), threading.Event()

    def stall() -> None:
        asked.set()
        answer.wait(60)

    fake.while_certificate = stall
    waiting = threading.Thread(target=refused, args=(fake, gateway, "slow"))
    waiting.start()
    assert asked.wait(60)
    known = threading.Thread(target=deliver, args=(fake, gateway))
    known.start()
    known.join(60)
    believed = not known.is_alive()
    answer.set()
    waiting.join()
    known.join()
    assert believed


@pytest.mark.parametrize("end", ["\n", "\t\r", "\n\x00"])
def test_an_address_that_no_client_takes_is_refused(
    fake: FakePayPal, gateway: PayPalGateway, end: str
) -> None:
    """``urlsplit`` leaves line ends out, of which the client makes an error of its own kind."""
    address = f"{fake.url}/v1/notifications/certs/CERT-1{end}"
    with pytest.raises(httpx.InvalidURL):
        httpx.get(address)
    with pytest.raises(SignatureInvalid):
        deliver(fake, gateway, address=address)
