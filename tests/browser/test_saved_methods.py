"""A card is saved, pays with one press, is changed by a mailed key, and pays the next invoice by itself: in a real
browser, at a real provider, by real mail. Pictures are left in pytest's folder."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from allsquare.core.models import Event
from allsquare.notifications import reader
from allsquare.notifications.models import Mail
from allsquare.notifications.services.send import send
from allsquare.payments.models import PaymentMethod
from allsquare.payments.services.forget_method import forget_method
from allsquare.payments.services.run_autopay import run_autopay
from tests.browser.desk import LOOKS
from tests.browser.reader import wrong_by_day_and_night
from tests.browser.shop import GOOD, Shop, pay_by_card, shop
from tests.smtp import Smtp, smtp

__all__ = ["shop", "smtp"]  # the fixtures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def save_a_card(shop: Shop, page: Page) -> None:
    page.goto(shop.link(shop.invoice()))
    page.get_by_label("Keep this card").check()
    page.get_by_role("button", name="Pay €").click()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()


def mailed(shop: Shop, smtp: Smtp) -> str:
    """What the worker's rounds send now; the text of the last mail."""
    reader.read(list(Event.objects.filter(organization_id=shop.organization.id).order_by("id")))
    for mail in Mail.objects.filter(organization=shop.organization, state="queued").order_by("id"):
        send(organization=shop.organization, mail_id=mail.id)
    return smtp.mails[-1].text


def key(shop: Shop, smtp: Smtp, page: Page, link: str) -> str:
    page.goto(link)
    page.get_by_role("link", name="Change saved payment methods").click()
    expect(page.get_by_text("Visa ending 4242")).to_be_visible()
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_text("is on its way to")).to_be_visible()
    found = re.search(r"http\S+/pay/methods/\S+/", mailed(shop, smtp))
    assert found
    return found[0]


def test_saved_once_then_one_press_then_by_itself_then_removed(shop: Shop, smtp: Smtp) -> None:
    page = shop.page()
    save_a_card(shop, page)
    second = shop.invoice("99.00")
    page.goto(shop.link(second))
    page.get_by_role("button", name="Pay €99.00").click()
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    assert [each.state for each in shop.payments(second)] == ["succeeded"]

    third = shop.invoice("50.00")
    page.goto(key(shop, smtp, page, shop.link(third)))
    page.get_by_role("button", name="I agree").click()
    expect(
        page.get_by_text("Invoices that fall due from today on are charged by themselves.")
    ).to_be_visible()
    for days in (28, 30):
        shop.organization.clock_offset = timedelta(days=days)
        shop.organization.save()
        run_autopay(organization=shop.organization)
        run_autopay(organization=shop.organization)
    assert [each.state for each in shop.payments(third)] == ["succeeded"]
    assert len(shop.provider.get("/charges")["data"]) == 3

    method = PaymentMethod.objects.get(organization=shop.organization)
    shop.provider.control(f"/methods/{method.token}/replace", number="5555555555554444", expires="2031-05")
    shop.news("method.updated")
    page.reload()
    expect(page.get_by_text("Mastercard ending 4444").first).to_be_visible()
    expect(page.get_by_text("Good until 05/2031")).to_be_visible()
    page.get_by_role("button", name="Remove Mastercard").click()
    expect(page.get_by_text("is removed and is not charged any more")).to_be_visible()
    forget_method(organization=shop.organization, method_id=method.id)
    assert shop.provider.get(f"/methods/{method.token}")["removed"] is True


def test_all_of_it_without_scripts(shop: Shop, smtp: Smtp) -> None:
    page = shop.page(scripts=False)
    save_a_card(shop, page)
    page.goto(key(shop, smtp, page, shop.link(shop.invoice("50.00"))))
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_role("button", name="End automatic payment")).to_be_visible()
    page.get_by_role("button", name="End automatic payment").click()
    page.get_by_role("button", name="Remove Visa").click()
    expect(page.get_by_text("Nothing is saved.")).to_be_visible()


@LOOKS
def test_their_pages_can_be_read_by_all(
    shop: Shop, smtp: Smtp, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    page = shop.page(size, scheme=scheme, looks=True)
    save_a_card(shop, page)
    invoice = shop.invoice("50.00")

    def look(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}-{size[0]}-{scheme}.png", full_page=True)
        assert wrong_by_day_and_night(page) == [], name
        assert page.locator("body").evaluate("() => document.documentElement.scrollWidth <= innerWidth"), name

    link = key(shop, smtp, page, shop.link(invoice))
    look("asked")
    page.goto(link)
    look("methods")
    page.get_by_role("button", name="I agree").click()
    shop.organization.clock_offset = timedelta(days=28)
    shop.organization.save()
    run_autopay(organization=shop.organization)
    page.reload()
    expect(page.get_by_text("Will be charged on")).to_be_visible()
    look("agreed")
    page.goto(shop.link(invoice))
    expect(page.get_by_text("Will be charged by itself")).to_be_visible()
    look("pay")
