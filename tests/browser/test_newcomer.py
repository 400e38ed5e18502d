"""Somebody who has never seen Allsquare sends an invoice and is paid, on a phone, in a few touches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.notifications.models import Mail
from allsquare.notifications.services.send import send
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests.browser.desk import watched
from tests.browser.shop import GOOD, PHONE
from tests.notifications.makers import follow_log
from tests.sandbox_process import SandboxAccount
from tests.smtp import Smtp, smtp

__all__ = ["smtp"]  # the fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: From the sign-up page to the sent invoice, and from the invoice's link to the receipt (issue 3).
MOST_TO_SEND, MOST_TO_PAY = 12, 5


@dataclass
class Hand:
    """A hand on a phone. Each click, each field that is filled and each run of keys is one interaction."""

    page: Page
    done: list[str] = field(default_factory=list)

    def click(self, what: Locator) -> None:
        self.done.append(f"click {what.inner_text().strip()!r}")
        what.click()

    def fill(self, what: str, text: str) -> None:
        """``what`` is a label, or an id with its ``#``."""
        self.done.append(f"fill {what!r}")
        found = self.page.locator(what) if what.startswith("#") else self.page.get_by_label(what).first
        found.fill(text)

    def keys(self, *names: str) -> None:
        self.done.append(f"keys {' '.join(names)}")
        for name in names:
            self.page.keyboard.press(name)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def tell(self, what: str) -> None:
        acts = "".join(f"\n  {number:2} {act}" for number, act in enumerate(self.done, 1))
        print(f"\n{what}: {len(self.done)} interactions{acts}")  # noqa: T201  # the figure of the issue


@pytest.fixture
def phone(server: str, settings: Settings, chromium: Browser) -> Iterator[Page]:
    settings.BASE_URL = server
    context = chromium.new_context(
        base_url=server,
        viewport={"width": PHONE[0], "height": PHONE[1]},
        has_touch=True,
        locale="en-IE",
        timezone_id="Europe/Dublin",
    )
    complaints: list[str] = []
    page = watched(context.new_page(), complaints)
    yield page
    assert complaints == []


@pytest.mark.timeout(300)
def test_a_newcomer_sends_an_invoice_in_twelve_touches_and_is_paid_in_five(
    phone: Page, smtp: Smtp, sandbox: SandboxAccount
) -> None:
    hand = Hand(phone)
    phone.goto("/accounts/signup/")
    hand.fill("Your name", "Nora Newcomer")
    hand.fill("E-mail address", "nora@harbour.example")
    hand.fill("Password", "eleven green herrings")
    hand.fill("Name of the organization", "Harbour Joinery")
    hand.click(hand.button("Sign up"))
    hand.click(phone.get_by_role("link", name="New invoice").first)
    hand.fill("Customer's name", "Grace Buyer")
    hand.fill("Customer's e-mail", "grace@example.com")
    hand.fill("#id_lines-0-description", "Oak table")
    hand.fill("#id_lines-0-unit_price", "1000")
    hand.click(hand.button("Review and send"))
    hand.click(hand.button(re.compile("Issue and send")))
    expect(phone.get_by_text("on its way to grace@example.com")).to_be_visible()
    hand.tell("Sign up to first invoice sent")
    assert len(hand.done) <= MOST_TO_SEND

    organization = Organization.objects.get(name="Harbour Joinery")
    add_gateway_account(
        organization=organization, gateway="sandbox", label="Sandbox", settings=sandbox.settings, actor=SYSTEM
    )
    payer = Hand(phone)
    phone.goto(link_in_the_mail(organization, smtp))
    payer.click(payer.button(re.compile("^Pay ")))
    payer.fill("Card number", GOOD)
    payer.fill("Expires", "12/39")
    payer.fill("Security code", "123")
    payer.click(payer.button(re.compile("^Pay ")))
    expect(phone.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    payer.tell("Link to receipt")
    assert len(payer.done) <= MOST_TO_PAY
    assert Invoice.objects.get(organization=organization).state == "paid"


def link_in_the_mail(organization: Organization, smtp: Smtp) -> str:
    """What the worker does, and what the customer finds in their mail."""
    follow_log()
    for mail in Mail.objects.filter(organization=organization, recipient="grace@example.com"):
        send(organization=organization, mail_id=mail.id)
    [caught] = [each for each in smtp.mails if "grace@example.com" in str(each.message["To"])]
    text = caught.message.get_body(("plain",))
    assert text is not None
    found = re.search(r"https?://\S+/pay/\S+/", text.get_content())
    assert found
    return found[0]
