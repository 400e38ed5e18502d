"""A business with a scripted provider, and a payer with a link."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from allsquare.billing.links import pay_url
from allsquare.billing.models import Invoice
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability
from allsquare.payments.models import GatewayAccount
from tests import factories
from tests.payments.makers import ScriptedGateway, issued_invoice, scripted_account
from tests.web.portal.pages import Shown, shown


class KeepingGateway(ScriptedGateway):
    """Also keeps cards."""

    capabilities = ScriptedGateway.capabilities | {Capability.SAVED_METHODS, Capability.BANK_DEBIT}


@pytest.fixture(autouse=True)
def provider(settings: Settings) -> type[ScriptedGateway]:
    """The scripted provider is registered, with an empty script."""
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.web.portal.conftest.KeepingGateway",
    }
    for script in (ScriptedGateway.answers, ScriptedGateway.lookups, ScriptedGateway.asked):
        script.clear()
    return KeepingGateway


@pytest.fixture
def organization(db: None) -> Organization:
    return factories.make_organization(
        name="Harbour & Pine",
        email="billing@harbour.example",
        phone="+49 30 1234",
        iban="DE02120300000000202051",
    )


@pytest.fixture
def customer(organization: Organization) -> Customer:
    return factories.make_customer(organization)


@pytest.fixture
def account(organization: Organization) -> GatewayAccount:
    return scripted_account(organization)


@dataclass(frozen=True)
class Payer:
    """Somebody with a browser and a link."""

    client: Client
    organization: Organization
    invoice: Invoice
    link: str

    def open(self, path: str = "") -> Shown:
        return shown(self.client.get(self.link + path))

    def press(self, page: Shown, **changed: str) -> Shown:
        """Send the form of ``page`` as it stands, with some fields changed."""
        return shown(self.client.post(self.link, {**page.fields, **changed}))

    def follow(self, page: Shown) -> Shown:
        return shown(self.client.get(page.leads_to))

    def now(self) -> Invoice:
        return Invoice.objects.get(organization=self.organization, id=self.invoice.id)


def payer_of(invoice: Invoice, client: Client) -> Payer:
    link = urlsplit(pay_url(invoice.organization, invoice)).path
    return Payer(client, invoice.organization, invoice, link)


@pytest.fixture
def invoice(organization: Organization, customer: Customer) -> Invoice:
    return issued_invoice(organization, customer, total="1234.00")


@pytest.fixture
def payer(client: Client, account: GatewayAccount, invoice: Invoice) -> Payer:
    return payer_of(invoice, client)
