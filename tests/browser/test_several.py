"""What is open, by a mailed link: chosen, paid together and on account, in a real browser, at a real provider, by real
mail. Pictures are left in pytest's folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from allsquare.billing.models import Invoice
from allsquare.core.models import Event
from allsquare.notifications import reader
from allsquare.notifications.models import Mail
from allsquare.notifications.services.send import send
from tests.browser.desk import LOOKS
from tests.browser.reader import wrong_by_day_and_night
from tests.browser.shop import GOOD, Shop, pay_by_card, shop
from tests.smtp import Smtp, smtp
from tests.square import assert_all_square

__all__ = ["shop", "smtp"]  # the fixtures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def mailed(shop: Shop, smtp: Smtp, page: Page, invoice: Invoice) -> str:
    """The key to all that is open, out of the mail."""
    page.goto(shop.link(invoice))
    page.get_by_role("link", name="Pay several invoices together").click()
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_text("is on its way to")).to_be_visible()
    reader.read(list(Event.objects.filter(organization_id=shop.organization.id).order_by("id")))
    for mail in Mail.objects.filter(organization=shop.organization, state="queued").order_by("id"):
        send(organization=shop.organization, mail_id=mail.id)
    found = re.search(r"http\S+/pay/open/\S+/", smtp.mails[-1].text)
    assert found
    return found[0]


@pytest.mark.parametrize("scripts", [True, False])
def test_two_of_three_are_paid_by_one_card_payment(shop: Shop, smtp: Smtp, scripts: bool) -> None:
    invoices = [shop.invoice(total) for total in ("1234.00", "60.00", "6.00")]
    page = shop.page(scripts=scripts)
    page.goto(mailed(shop, smtp, page, invoices[0]))
    widths = "rows => rows.map(row => getComputedStyle(row).borderBottomWidth)"
    lines = page.locator(".lines > li").evaluate_all(widths)
    assert lines == ["1px", "1px", "0px"], "the edge of the card is line enough"
    page.get_by_label(f"Invoice {invoices[1].number}").uncheck()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Pay €1,240.00").click()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    expect(page.get_by_text(f"Invoice {invoices[2].number}")).to_be_visible()
    expect(page.get_by_text(f"Invoice {invoices[1].number}")).not_to_be_visible()
    page.get_by_role("link", name="See what else is open").click()
    expect(page.get_by_text("€60.00").first).to_be_visible()
    states = [Invoice.objects.get(organization=shop.organization, id=each.id).state for each in invoices]
    assert (states[0], states[2]) == ("paid", "paid")
    assert states[1] != "paid"
    assert len(shop.provider.get("/charges")["data"]) == 1
    assert_all_square()


@LOOKS
def test_its_pages_can_be_read_by_all(
    shop: Shop, smtp: Smtp, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    shop.organization.on_account = shop.organization.part_payments = True
    shop.organization.save()
    invoices = [shop.invoice(total) for total in ("1234.00", "60.00", "6.00")]
    page = shop.page(size, scheme=scheme, looks=True)

    def look(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}-{size[0]}-{scheme}.png", full_page=True)
        assert wrong_by_day_and_night(page) == [], name
        assert page.locator("body").evaluate("() => document.documentElement.scrollWidth <= innerWidth"), name

    link = mailed(shop, smtp, page, invoices[0])
    look("asked")
    page.goto(link)
    look("choose")
    page.get_by_label("More, on account").fill("25")
    amount = page.get_by_label(f"Amount of invoice {invoices[0].number} (EUR)")
    expect(amount).to_have_value("1234.00")
    amount.fill("12345")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("€1,234.00 at most")).to_be_visible()
    look("too much")
    amount.fill("400")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Pay €491.00")).to_be_visible()
    expect(page.get_by_text("€834.00 stays open after it")).to_be_visible()
    look("pay")
    page.get_by_role("button", name="Pay €").click()
    pay_by_card(page, GOOD)
    expect(page.get_by_text("Kept for you as credit")).to_be_visible()
    expect(page.get_by_text("€834.00 of it is still open")).to_be_visible()
    look("paid")
    page.goto(shop.link(invoices[1]))
    look("one of them")
