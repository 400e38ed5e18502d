from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from allsquare.gateways.bank_transfer import BankTransferGateway
from allsquare.gateways.offline import OfflineGateway
from allsquare.gateways.sandbox import SandboxGateway
from tests.contracts.benches import (
    ELEMENT,
    TRANSFERS_AT_STRIPE,
    Bench,
    GoCardlessBench,
    OfflineBench,
    PayPalBench,
    SandboxBench,
    StripeBench,
    StripeElementBench,
    StripeTransferBench,
    Traits,
    TransferBench,
    gocardless_gateway,
    paypal_gateway,
    stripe_gateway,
)
from tests.fakes import gocardless_server, paypal_server, stripe_server
from tests.fakes.gocardless_server import FakeGoCardless
from tests.fakes.paypal_server import FakePayPal
from tests.fakes.stripe_server import FakeStripe

REMOTE = ("sandbox", "stripe", "stripe_element", "stripe_transfer", "gocardless", "paypal")
IN_OUR_PAGE = Traits(tick=timedelta(seconds=1, milliseconds=10), leads_away=False)
TRANSFERS = {
    "holder": "Harbour & Pine",
    "iban": "DE02 1203 0000 0000 2020 51",
    "currencies": "EUR, JPY, KWD, CLF, USD",
}


@pytest.fixture
def fake_stripe() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def fake_gocardless() -> Iterator[FakeGoCardless]:
    yield from gocardless_server.running()


@pytest.fixture
def fake_paypal() -> Iterator[FakePayPal]:
    for fake in paypal_server.running():
        fake.lag = timedelta(hours=3)
        yield fake


@pytest.fixture(params=[*REMOTE, "offline", "bank_transfer"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Every adapter."""
    return make_bench(request.param, request)


@pytest.fixture(params=REMOTE)
def remote(request: pytest.FixtureRequest) -> Bench:
    """Every adapter that speaks to a provider over a network."""
    return make_bench(request.param, request)


def make_bench(name: str, request: pytest.FixtureRequest) -> Bench:
    if name == "offline":
        return OfflineBench(OfflineGateway({}))
    if name == "bank_transfer":
        return TransferBench(BankTransferGateway(TRANSFERS))
    if name == "stripe":
        fake = request.getfixturevalue("fake_stripe")
        return StripeBench(fake, stripe_gateway(fake.url))
    if name == "stripe_transfer":
        fake = request.getfixturevalue("fake_stripe")
        return StripeTransferBench(fake, stripe_gateway(fake.url, **TRANSFERS_AT_STRIPE))
    if name == "stripe_element":
        fake = request.getfixturevalue("fake_stripe")
        return StripeElementBench(fake, stripe_gateway(fake.url, **ELEMENT), traits=IN_OUR_PAGE)
    if name == "gocardless":
        debits = request.getfixturevalue("fake_gocardless")
        return GoCardlessBench(debits, gocardless_gateway(debits.url))
    if name == "paypal":
        orders = request.getfixturevalue("fake_paypal")
        return PayPalBench(orders, paypal_gateway(orders.url))
    account = request.getfixturevalue("sandbox")
    return SandboxBench(account, SandboxGateway(account.settings))
