"""PayPal on loopback, and the adapter that speaks to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allsquare.gateways.paypal import PayPalGateway
from tests.contracts.benches import paypal_gateway
from tests.fakes import paypal_server
from tests.fakes.paypal_server import FakePayPal


@pytest.fixture
def fake() -> Iterator[FakePayPal]:
    yield from paypal_server.running()


@pytest.fixture
def gateway(fake: FakePayPal) -> PayPalGateway:
    return paypal_gateway(fake.url)
