"""A payer who got a German invoice reads German, whole."""

from __future__ import annotations

import pytest
from django.test import Client

from allsquare.core.ids import new_token
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Status
from allsquare.payments.models import GatewayAccount
from tests.payments.makers import ScriptedGateway, charge, issued_invoice
from tests.web.portal.conftest import Payer, payer_of
from tests.web.portal.pages import shown


@pytest.fixture
def german(client: Client, organization: Organization, customer: Customer, account: GatewayAccount) -> Payer:
    Customer.objects.filter(organization=organization, id=customer.id).update(language="de-AT")
    customer.refresh_from_db()
    return payer_of(issued_invoice(organization, customer, total="1234.00"), client)


@pytest.mark.django_db
def test_the_pages_are_german_with_figures_of_the_region(german: Payer) -> None:
    page = german.open()
    assert '<html lang="de-at"' in page.html
    assert page.headers["Content-Language"] == "de-at"
    for words in (
        "Rechnung INV-00001",
        "€ 1.234,00",
        "Wie möchten Sie zahlen?",
        "Fällig",
        "Summe",
        "Wie das Gerät",
    ):
        assert words in page.text.replace("\xa0", " ") + page.html
    ScriptedGateway.answers.append(charge(Status.DECLINED, reference="ch_1", code="expired_card"))
    declined = german.follow(german.press(page))
    assert "Die Karte ist abgelaufen" in declined.text
    assert "Es wurde nichts abgebucht." in declined.text


@pytest.mark.django_db
def test_errors_before_an_invoice_is_known_speak_the_browsers_language(client: Client) -> None:
    page = shown(client.get(f"/pay/{new_token()}/", headers={"Accept-Language": "de-DE,de;q=0.9"}))
    assert "Hier ist nichts" in page.text
    assert "Dieser Link führt nirgendwohin." in page.text
