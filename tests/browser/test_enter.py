"""Stripe's fields within our page, in a real browser, against a server that stands in for Stripe and its script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.payments.models import Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests import factories
from tests.browser.desk import LOOKS
from tests.browser.looks import WATCH_SHIFTS, wrong_in_all_looks
from tests.browser.shop import Shop
from tests.contracts.benches import ELEMENT
from tests.fakes import stripe_server
from tests.fakes.stripe_element import GOOD, POOR, SECURE
from tests.fakes.stripe_server import FakeStripe
from tests.sandbox_process import SandboxAccount

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FRAME = "iframe[title='Secure payment input frame']"


@dataclass
class Till(Shop):
    """A business with an account at Stripe, whose payers enter their card within our page."""

    stripe: FakeStripe | None = None

    @property
    def fake(self) -> FakeStripe:
        assert self.stripe
        return self.stripe

    def begun(self, page: Page, invoice: Invoice) -> Page:
        """The page with the fields, ready."""
        page.goto(self.link(invoice))
        pay_button(page).click()
        expect(page.frame_locator(FRAME).get_by_label("Card number")).to_be_visible()
        expect(pay_button(page)).to_be_enabled()
        return page

    def paid(self, invoice: Invoice) -> Payment:
        (payment,) = self.payments(invoice)
        assert payment.state == "succeeded"
        assert Invoice.objects.get(organization=self.organization, id=invoice.id).state == "paid"
        charged = [each for each in self.fake.objects.values() if each["object"] == "payment_intent"]
        assert [each["status"] for each in charged] == ["succeeded"]
        return payment


@pytest.fixture
def till(server: str, settings: Settings, chromium: Browser) -> Iterator[Till]:
    settings.BASE_URL = server
    stripe = FakeStripe()
    settings.ALLSQUARE_PAYMENT_HOSTS = [stripe.url]
    organization = factories.make_organization(name="Harbour & Pine Joinery", email="billing@harbour.example")
    account = add_gateway_account(
        organization=organization,
        gateway="stripe",
        label="Stripe",
        settings={
            "api_key": stripe_server.KEY,
            "webhook_secret": stripe_server.SECRET,
            "base_url": stripe.url,
            **ELEMENT,
        },
        actor=SYSTEM,
    )
    stripe.news_url = f"{server}/hooks/stripe/{account.id}/"
    customer = factories.make_customer(organization)
    nobody = cast(SandboxAccount, None)  # what asks the sandbox is not asked here
    till = Till(organization, customer, account, nobody, chromium, server, stripe=stripe)
    yield till
    for context in chromium.contexts:
        context.close()
    stripe.close()
    assert till.complaints == []


def pay_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Pay €1,234.00")


def enter(page: Page, number: str) -> None:
    page.frame_locator(FRAME).get_by_label("Card number").fill(number)
    pay_button(page).click()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", name=words, exact=True)).to_be_visible()


@LOOKS
def test_the_whole_way(till: Till, size: tuple[int, int], scheme: str) -> None:
    """Declined, tried with a card whose bank asks, refused there, and paid with a third: one payment."""
    invoice, page = till.invoice(), till.page(size, scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(till.link(invoice))
    expect(
        page.get_by_text("You enter it on the next page, in secure fields of the provider.")
    ).to_be_visible()
    assert not [url for url in asked if url.startswith(till.fake.url)]
    till.begun(page, invoice)
    enter(page, POOR)
    expect(page.get_by_role("alert").filter(has_text="Your card has insufficient funds.")).to_be_visible()
    expect(page.get_by_text("Try another card or another way to pay.")).to_be_visible()
    enter(page, SECURE)
    page.get_by_role("link", name="Deny it").click()
    expect(page.get_by_text("Your bank could not confirm that it was you")).to_be_visible()
    assert "secret" not in page.url
    enter(page, SECURE)
    page.get_by_role("link", name="Approve the payment").click()
    heading(page, "Paid")
    assert "secret" not in page.url
    expect(page.get_by_text("Visa ending 4242")).to_be_visible()
    till.paid(invoice)
    page.go_back()  # to the bank
    page.go_back()  # to the fields
    heading(page, "Paid")


def test_how_it_looks(till: Till) -> None:
    page = till.page(looks=True)
    page.add_init_script(WATCH_SHIFTS)
    till.begun(page, till.invoice())
    address = page.url

    def load() -> None:
        page.goto(address)
        expect(pay_button(page)).to_be_enabled()

    assert list(wrong_in_all_looks(page, load)) == []


def test_a_script_that_does_not_come_leaves_two_ways_on(till: Till) -> None:
    invoice, page = till.invoice(), till.page()
    till.fake.element.down = True
    page.goto(till.link(invoice))
    pay_button(page).click()
    expect(page.get_by_text("The fields could not be loaded")).to_be_visible()
    expect(pay_button(page)).to_be_hidden()
    till.fake.element.down = False
    page.get_by_role("link", name="Try again").click()
    enter(page, GOOD)
    heading(page, "Paid")
    till.paid(invoice)


def test_without_scripts_it_says_so(till: Till) -> None:
    page = till.page(scripts=False)
    page.goto(till.link(till.invoice()))
    pay_button(page).click()
    expect(page.get_by_text("Your browser runs no scripts here")).to_be_visible()
    page.get_by_role("link", name="Pay another way").first.click()
    expect(page.get_by_text("A payment is not finished")).to_be_visible()


def test_two_pages_of_one_payment_pay_once(till: Till) -> None:
    invoice = till.invoice()
    first, second = (till.begun(till.page(), invoice) for _ in range(2))
    assert urlsplit(first.url).path == urlsplit(second.url).path
    enter(first, GOOD)
    heading(first, "Paid")
    enter(second, GOOD)
    heading(second, "Paid")
    till.paid(invoice)


def test_a_card_page_left_open_over_night(till: Till) -> None:
    invoice, page = till.invoice(), till.page()
    till.begun(page, invoice)
    (payment,) = till.payments(invoice)
    intent = till.fake.objects[str(payment.reference)]
    intent["created"] -= 86_500
    till.fake._cancel_intent(intent["id"])  # as the sweep did
    enter(page, GOOD)
    heading(page, "You did not finish paying")
    page.get_by_role("link", name="Try again").click()
    expect(pay_button(page)).to_be_visible()


def test_pressing_twice_is_harmless(till: Till) -> None:
    invoice, page = till.invoice(), till.page()
    till.begun(page, invoice)
    page.frame_locator(FRAME).get_by_label("Card number").fill(GOOD)
    pay_button(page).dblclick()
    heading(page, "Paid")
    till.paid(invoice)
    expect(page.get_by_text("Visa ending 4242")).to_be_visible()
