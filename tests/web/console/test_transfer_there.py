"""What a clerk sees of a transfer that a provider takes, and does about it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.payments.attention import MONEY_LEFT
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.check_payment import check_payment
from tests.fakes import stripe_server
from tests.fakes.stripe_server import FakeStripe
from tests.payments.flows import pay
from tests.payments.makers import issued_invoice, open_tasks
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def waiting(world: World, fake: FakeStripe) -> Payment:
    account = add_gateway_account(
        organization=world.organization,
        gateway="stripe",
        label="Stripe",
        settings={
            "api_key": stripe_server.KEY,
            "webhook_secret": stripe_server.SECRET,
            "base_url": fake.url,
            "transfer_currencies": "EUR",
            "transfer_country": "DE",
        },
        actor=SYSTEM,
    )
    invoice = issued_invoice(world.organization, world.customer, total="100.00")
    return pay(invoice, account, method=MethodKind.BANK_TRANSFER)


def shown(world: World, payment: Payment) -> str:
    return world.client().get(f"/payments/{payment.id}/").content.decode()


def test_it_waits_with_what_the_payer_was_told(world: World, waiting: Payment) -> None:
    page = shown(world, waiting)
    assert "Waiting for the transfer" in page
    assert "DE89 3704 0044 0532 0130 00" in page
    assert "Record its arrival" not in page, "no bank line is awaited"
    assert "stop-dialog" not in page, "nothing came that could be lost"


def test_stopping_after_a_part_says_what_becomes_of_it(
    world: World, waiting: Payment, fake: FakeStripe
) -> None:
    fake.transfers.send(waiting.reference or "", 4_000)
    check_payment(organization=world.organization, payment=waiting)
    page = shown(world, waiting)
    assert "stop-dialog" in page
    assert "€40.00" in page
    world.client().post(f"/payments/{waiting.id}/stop-waiting/")
    waiting.refresh_from_db()
    assert waiting.state == "canceled"
    assert [task.kind for task in open_tasks(world.organization)] == [MONEY_LEFT]


def test_what_the_provider_was_not_told_is_waited_for(
    world: World, waiting: Payment, fake: FakeStripe
) -> None:
    fake.key_revoked = True
    client = world.client()
    client.post(f"/payments/{waiting.id}/stop-waiting/")
    fake.key_revoked = False
    assert "still waited for" in client.get(f"/payments/{waiting.id}/").content.decode()
    waiting.refresh_from_db()
    assert waiting.state == "needs_action"
