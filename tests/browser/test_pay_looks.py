"""Every page of a payer: readable by all, light and dark, narrow and wide. Pictures are left in pytest's folder."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page

from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice, PayLink
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.billing.services.void import void
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_token
from allsquare.customers.models import Customer
from allsquare.payments.models import PaymentMethod
from tests.browser.reader import complaints
from tests.browser.shop import GOOD, PHONE, POOR, WIDE, Shop, pay_by_card, shop

__all__ = ["shop"]  # the fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TOO_SMALL = """() => [...document.querySelectorAll("button, .btn, input:not([type=hidden]), summary, .questions a")]
  .filter(each => each.checkVisibility())
  .map(each => each.closest("label") || each)
  .filter(each => each.getBoundingClientRect().height < 43.9)
  .map(each => each.outerHTML.slice(0, 80))"""
#: The page has taken the scheme, and no colour is still on its way.
SETTLED = """scheme => getComputedStyle(document.documentElement).colorScheme === scheme
  && document.getAnimations().length === 0"""
#: Whether the focus can be seen, on the thing itself or on the card around it.
FOCUS_SHOWS = """() => [document.activeElement, document.activeElement.closest(".way")]
  .some(each => each && getComputedStyle(each).outlineStyle !== "none")"""


def invoice_of_everything(shop: Shop, language: str) -> Invoice:
    """Long words, two tax rates, discounts, notes: what could break a narrow page."""
    customer = Customer.objects.create(
        organization=shop.organization,
        name="Donaudampfschifffahrtsgesellschaft mbH & Co. KG",
        email=f"{language}@example.com",
        country="DE",
        language=language,
        currency="EUR",
        created_at=clock.now(None),
    )
    PaymentMethod.objects.create(
        organization=shop.organization,
        customer=customer,
        gateway_account=shop.account,
        kind="card",
        brand="visa",
        last_four="4242",
        expires="2099-12",
        token=f"pm_{language}",
        created_at=clock.now(None),
    )
    lines = [
        LineInput(
            description="Oak table, oiled,\nwith a very-long-description-that-nobody-would-ever-break-by-itself",
            quantity=Decimal(1),
            unit_price=Decimal("98765.43"),
            discount_percent=Decimal("12.5"),
            tax_percent=Decimal(19),
        ),
        LineInput(
            description="椅子 كرسي",
            quantity=Decimal("2.5"),
            unit="HUR",
            unit_price=Decimal(80),
            tax_percent=Decimal(7),
        ),
    ]
    draft = create_draft(
        organization=shop.organization,
        customer_id=customer.id,
        lines=lines,
        notes="Delivered on 12 May.",
        terms="Thank you for paying within 30 days.",
        discount_percent=Decimal(3),
        actor=SYSTEM,
    )
    return issue(organization=shop.organization, invoice_ids=[draft.id], actor=SYSTEM)[0]


def pages_of_a_payer(shop: Shop, page: Page, language: str = "en") -> Iterator[str]:
    """Lead ``page`` to each page in turn, and name it."""
    page.goto(shop.link(invoice_of_everything(shop, language)))
    yield "pay"
    for folded in page.locator("summary").all():
        folded.click()
    page.locator("input[name=method]").nth(1).check()
    yield "pay_unfolded"

    invoice = shop.invoice()
    page.goto(shop.link(invoice))
    page.get_by_role("button", name="Pay €").click()
    pay_by_card(page, POOR)
    page.get_by_role("link", name="Try again").wait_for()
    yield "declined"
    page.get_by_role("link", name="Try again").click()
    page.get_by_role("button", name="Pay €").click()
    page.get_by_label("Card number").wait_for()
    page.goto(f"{shop.link(invoice)}payment/{shop.payments(invoice)[1].id}/")
    yield "unfinished"
    page.get_by_role("link", name="Go on paying").click()
    pay_by_card(page, GOOD)
    page.get_by_role("heading", name="Paid", exact=True).wait_for()
    yield "paid"

    debit = shop.invoice()
    page.goto(shop.link(debit))
    page.get_by_role("radio", name="Bank debit").check()
    page.get_by_role("button", name="Pay €").click()
    page.wait_for_url("**/pay/ch_*")
    (payment,) = shop.payments(debit)
    shop.provider.control(f"/charges/{payment.reference}/pay", number="DE89370400440532013000")
    page.goto(shop.link(debit))
    yield "pending"

    lost = shop.invoice()
    shop.provider.misbehave("error_before", scope="all", count=0)
    page.goto(shop.link(lost))
    page.get_by_role("button", name="Pay €").click()
    page.wait_for_url("**/payment/**")
    yield "asking"
    shop.provider.http.delete("/control/mischief").raise_for_status()

    gone = shop.invoice()
    void(organization=shop.organization, invoice_id=gone.id, reason="Ordered twice", actor=SYSTEM)
    page.goto(shop.link(gone))
    yield "closed"

    changed = shop.invoice()
    page.goto(shop.link(changed))
    page.locator("input[name=amount]").evaluate("field => field.value = '100'")
    page.get_by_role("button", name="Pay €").click()
    yield "amount_changed"
    PayLink.objects.filter(organization=shop.organization, invoice=changed).update(expires_at=clock.now(None))
    page.goto(shop.link(changed))
    yield "expired"
    page.goto(f"{shop.base_url}/pay/{new_token()}/")
    yield "unknown"


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
def test_every_page_can_be_read_and_pressed_by_all(shop: Shop, tmp_path: Path, size: tuple[int, int]) -> None:
    """Axe finds nothing in light and dark, nothing scrolls sideways, fingers find 44 pixels."""
    page = shop.page(size, looks=True)
    broken: list[object] = []
    seen = []
    for name in pages_of_a_payer(shop, page):
        seen.append(name)
        page.wait_for_load_state()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(SETTLED, arg=scheme)
            page.screenshot(path=tmp_path / f"{name}_{scheme}.png", full_page=True)
            broken += [(name, scheme, *each) for each in complaints(page)]
        assert page.locator("body").evaluate("() => document.documentElement.scrollWidth") == size[0], (
            f"{name} scrolls sideways"
        )
        if size == PHONE:
            broken += [(name, "too small", html) for html in page.evaluate(TOO_SMALL)]
    assert len(seen) == 11
    assert broken == []


def test_german_words_fit_a_phone(shop: Shop, tmp_path: Path) -> None:
    page = shop.page()
    for name in islice(pages_of_a_payer(shop, page, "de"), 2):
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        assert page.locator("body").evaluate("() => document.documentElement.scrollWidth") == PHONE[0]
    assert page.locator("html").get_attribute("lang") == "de"


def test_all_by_keyboard(shop: Shop) -> None:
    page = shop.page(WIDE)
    page.goto(shop.link(shop.invoice()))
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.name || document.activeElement.innerText.trim()")
        )
        assert page.evaluate(FOCUS_SHOWS), reached
    assert reached == [
        "Skip to the content",
        "What is it for?",
        "Invoice as PDF",
        "method",
        "keep",
        "Pay €1,234.00",
        "Pay several invoices together",
        "Pay by bank transfer",
        "billing@harbour.example",
    ]
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_label("Card number").wait_for()
