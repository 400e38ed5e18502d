"""A business with an account at a real sandbox process, served to a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.fixtures import Settings

from allsquare.billing.links import pay_url
from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount, InboxEvent, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.drain import drain
from allsquare_sandbox.cards import SCENARIOS
from tests import factories
from tests.browser.desk import PHONE, WIDE, watched
from tests.payments.makers import issued_invoice
from tests.sandbox_process import SandboxAccount

__all__ = ["PHONE", "WIDE"]  # of every page of a payer, too

T = TypeVar("T")

GOOD, POOR, SECURE, DEBIT = (SCENARIOS[name].spaced for name in ("visa", "poor", "secure", "debit"))


def until(question: Callable[[], T], seconds: float = 60.0) -> T:
    """Ask until the answer is yes; the last answer otherwise fails the test."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return answer


@dataclass
class Shop:
    organization: Organization
    customer: Customer
    account: GatewayAccount
    provider: SandboxAccount
    browser: Browser
    base_url: str
    complaints: list[str] = field(default_factory=list)

    def invoice(self, total: str = "1234.00") -> Invoice:
        return issued_invoice(self.organization, self.customer, total=total)

    def link(self, invoice: Invoice) -> str:
        return pay_url(self.organization, invoice)

    def page(
        self,
        size: tuple[int, int] = PHONE,
        *,
        scheme: str = "light",
        scripts: bool = True,
        looks: bool = False,
    ) -> Page:
        """A new browser of a payer. What it complains of fails the test; ``looks`` lets axe in."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            has_touch=size == PHONE,
            java_script_enabled=scripts,
            bypass_csp=looks,
            # No colour is measured on its way from one to another.
            reduced_motion="reduce" if looks else "no-preference",
        )
        return watched(context.new_page(), self.complaints, scripts=scripts)

    def payments(self, invoice: Invoice) -> list[Payment]:
        found = Payment.objects.filter(organization=self.organization, invoice=invoice)
        return list(found.order_by("id"))

    def news(self, kind: str) -> None:
        """Wait for the provider's webhook of this kind, and let the worker's round digest it."""
        rows = InboxEvent.objects.filter(organization=self.organization, kind=kind)
        until(rows.exists)
        drain(organization=self.organization, gateway_account=self.account)
        assert {row.state for row in rows} == {"done"}


@pytest.fixture
def shop(server: str, settings: Settings, sandbox: SandboxAccount, chromium: Browser) -> Iterator[Shop]:
    settings.BASE_URL = server
    organization = factories.make_organization(
        name="Harbour & Pine Joinery", email="billing@harbour.example", iban="DE02120300000000202051"
    )
    account = add_gateway_account(
        organization=organization,
        gateway="sandbox",
        label="Sandbox",
        settings=sandbox.settings,
        actor=SYSTEM,
    )
    hook = f"{server}/hooks/sandbox/{account.id}/"
    sandbox.http.patch("/v1/account", json={"webhook_url": hook}).raise_for_status()
    shop = Shop(organization, factories.make_customer(organization), account, sandbox, chromium, server)
    yield shop
    for context in chromium.contexts:
        context.close()
    sandbox.http.patch("/v1/account", json={"webhook_url": ""}).raise_for_status()
    assert shop.complaints == []


def pay_by_card(page: Page, number: str) -> None:
    """Fill in the provider's page."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expires").fill("12/39")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name="Pay €").click()
