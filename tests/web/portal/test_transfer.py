"""A payer who sends the money from their bank sees exactly what to write."""

from __future__ import annotations

import pytest
from django.test import Client

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.states import PaymentState
from tests.payments.crediting import credit, off
from tests.payments.makers import ScriptedGateway
from tests.web.portal.conftest import Payer, payer_of
from tests.web.portal.pages import Shown
from tests.web.portal.test_pay import NEEDS_ACTION

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(invoice: Invoice) -> GatewayAccount:
    return add_gateway_account(
        organization=invoice.organization,
        gateway="bank_transfer",
        label="Bank",
        settings={"holder": "Harbour & Pine GmbH", "iban": "DE02120300000000202051", "bic": "BYLADEM1001"},
        actor=SYSTEM,
    )


def announce(payer: Payer, bank: GatewayAccount) -> Shown:
    return payer.follow(payer.press(payer.open(), method=f"bank_transfer:{bank.id}"))


def test_the_next_page_says_what_to_write_with_a_code_to_scan(payer: Payer, bank: GatewayAccount) -> None:
    page = announce(payer, bank)

    for words in (
        "Send the money from your bank",
        "€1,234.00",
        "Harbour & Pine GmbH",
        "DE02 1203 0000 0000 2020 51",
        "BYLADEM1001",
        "RF25 INV0 0001",
    ):
        assert words in page.text
    assert "<svg" in page.html
    assert 'class="qrline"' in page.html


def test_another_way_stays_open_and_the_details_are_found_again(payer: Payer, bank: GatewayAccount) -> None:
    announce(payer, bank)
    page = payer.open()

    assert page.status == 200
    assert "Waiting for your transfer" in page.text
    assert "Pay €1,234.00" in page.text
    ScriptedGateway.answers.append(NEEDS_ACTION)
    assert payer.press(page).leads_to.startswith("https://pay.provider.example")


def test_pressing_again_shows_the_same_transfer(payer: Payer, bank: GatewayAccount) -> None:
    assert announce(payer, bank).text == announce(payer, bank).text
    assert Payment.objects.filter(organization=payer.organization).count() == 1


def test_less_is_asked_for_once_less_is_owed(payer: Payer, bank: GatewayAccount, invoice: Invoice) -> None:
    announce(payer, bank)
    payment = Payment.objects.get(organization=payer.organization)
    credit(invoice, off(invoice, 23400))
    page = payer.open(f"payment/{payment.id}/")
    assert "€1,000.00" in page.text
    assert "€1,234.00" not in page.text


def test_the_payer_may_decide_otherwise(payer: Payer, bank: GatewayAccount) -> None:
    announce(payer, bank)
    payment = Payment.objects.get(organization=payer.organization)
    stop = f"{payer.link}payment/{payment.id}/stop"

    assert payer.client.get(stop).status_code == 405
    for _ in range(2):
        assert payer.client.post(stop)["location"] == payer.link
    payment.refresh_from_db()
    assert payment.state == PaymentState.CANCELED
    assert "Waiting for your transfer" not in payer.open().text
    assert "not waited for any longer" in payer.open(f"payment/{payment.id}/").text


def test_with_transfers_alone_nobody_is_said_to_process_cards(
    client: Client, invoice: Invoice, bank: GatewayAccount
) -> None:
    page = payer_of(invoice, client).open()

    assert "never sees your card number" not in page.text
    assert "Bank transfer" in page.text
