"""From the pay page to the payout, by a transfer that a provider takes: what the payer sees at each step."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.test import Client

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.payments.models import GatewayAccount, Payment, Payout
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.drain import drain
from allsquare.payments.states import PaymentState as S
from allsquare.web.portal.ways import ways_to_buy
from tests.fakes import stripe_server
from tests.fakes.stripe_server import FakeStripe
from tests.web.portal.conftest import Payer, payer_of
from tests.web.portal.pages import Shown

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def fake(server: FakeStripe) -> FakeStripe:
    server.objects.clear()
    server.answers.clear()
    return server


@pytest.fixture
def stripe(invoice: Invoice, fake: FakeStripe) -> GatewayAccount:
    settings = {
        "api_key": stripe_server.KEY,
        "webhook_secret": stripe_server.SECRET,
        "base_url": fake.url,
        "transfer_currencies": "EUR",
        "transfer_country": "DE",
    }
    return add_gateway_account(
        organization=invoice.organization, gateway="stripe", label="Stripe", settings=settings, actor=SYSTEM
    )


@pytest.fixture
def payer(client: Client, stripe: GatewayAccount, invoice: Invoice) -> Payer:
    return payer_of(invoice, client)


def announce(payer: Payer, stripe: GatewayAccount) -> Shown:
    return payer.follow(payer.press(payer.open(), method=f"bank_transfer:{stripe.id}"))


def payment_of(payer: Payer) -> Payment:
    return Payment.objects.get(organization=payer.organization, method="bank_transfer")


def delivered(payer: Payer, stripe: GatewayAccount, fake: FakeStripe, known: int) -> None:
    """All that Stripe told since it had so many objects comes in, as webhooks do."""
    for each in list(fake.objects.values())[known:]:
        if each["object"] != "event":
            continue
        body = json.dumps({**each, "metadata": None}).encode()
        signs = stripe_server.signed(stripe_server.SECRET, int(clock.now(None).timestamp()), body)
        answer = Client().post(
            f"/hooks/stripe/{stripe.id}/", body, content_type="application/json", headers=signs
        )
        assert answer.status_code == 200
    while drain(organization=payer.organization, gateway_account=stripe):
        continue


def send(payer: Payer, stripe: GatewayAccount, fake: FakeStripe, minor: int) -> None:
    known = len(fake.objects)
    fake.transfers.send(payment_of(payer).reference or "", minor)
    delivered(payer, stripe, fake, known)


def test_the_next_page_says_where_to_send_it(payer: Payer, stripe: GatewayAccount) -> None:
    assert "You send it from your bank." in payer.open().text
    page = announce(payer, stripe)
    for words in (
        "Send the money from your bank",
        "€1,234.00",
        "Harbour & Pine",
        "DE89 3704 0044 0532 0130 00",
        "COBADEFFXXX",
        "ALSQ",
    ):
        assert words in page.text
    assert 'class="qrline"' in page.html
    assert "https://payments.stripe.com/bank_transfers/" in page.html


def test_the_payer_comes_back_to_it(payer: Payer, stripe: GatewayAccount) -> None:
    page = announce(payer, stripe)
    again = payer.open()
    assert "Waiting for your transfer" in again.text
    assert f"payment/{payment_of(payer).id}/" in again.html
    assert announce(payer, stripe).text == page.text
    assert Payment.objects.filter(organization=payer.organization).count() == 1


def test_from_the_pay_page_to_the_payout(payer: Payer, stripe: GatewayAccount, fake: FakeStripe) -> None:
    announce(payer, stripe)
    payment = payment_of(payer)
    send(payer, stripe, fake, 100_000)
    page = payer.open(f"payment/{payment.id}/")
    assert "A part of your transfer has arrived" in page.text
    assert "€1,000.00 arrived. €234.00 is missing" in page.text
    assert "Pay another way" not in page.text
    assert payer.open().leads_to.endswith(f"payment/{payment.id}/")
    send(payer, stripe, fake, 23_400)
    payment.refresh_from_db()
    assert (payment.state, payment.fee_minor, payer.now().state) == (S.SUCCEEDED, 1_851, "paid")
    assert "€1,234.00" in payer.open(f"payment/{payment.id}/").text
    known = len(fake.objects)
    fake.pay_out()
    delivered(payer, stripe, fake, known)
    payout = Payout.objects.get(organization=payer.organization)
    assert [(item.payment_id, item.net_minor) for item in payout.items.all()] == [(payment.id, 121_549)]


def test_the_payer_takes_a_card_instead(payer: Payer, stripe: GatewayAccount, fake: FakeStripe) -> None:
    announce(payer, stripe)
    gone = payer.press(payer.open(), method=f"card:{stripe.id}")
    assert gone.leads_to.startswith("https://checkout.stripe.com/")
    payment = payment_of(payer)
    assert payment.state == S.CANCELED
    assert "not waited for any longer" in payer.open(f"payment/{payment.id}/").text


def test_the_payer_may_decide_otherwise(payer: Payer, stripe: GatewayAccount) -> None:
    page = announce(payer, stripe)
    assert "Pay another way instead" in page.text
    stop = f"{payer.link}payment/{payment_of(payer).id}/stop"
    for _ in range(2):
        assert payer.client.post(stop)["location"] == payer.link
    assert payment_of(payer).state == S.CANCELED


def test_it_is_not_offered_for_what_must_be_paid_at_once(stripe: GatewayAccount) -> None:
    ways = ways_to_buy(stripe.organization, Money(1000, currency("EUR")))
    assert [way.method for way in ways] == ["card", "bank_debit"]
