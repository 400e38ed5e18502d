"""Fault 29 on the pages of payers: whatever state their payment is in, what somebody typed is text."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from allsquare.selling.addresses import link_url
from tests.browser.hostile import MARK, plant
from tests.browser.shop import GOOD, Shop, pay_by_card, shop
from tests.browser.test_hostile_text import ALIVE, FILLED, listen
from tests.browser.test_pay_looks import pages_of_a_payer
from tests.browser.test_saved_methods import key, save_a_card
from tests.browser.test_several import mailed
from tests.selling.makers import make_link, vat
from tests.smtp import Smtp, smtp

__all__ = ["shop", "smtp"]  # the fixtures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Pages of links that lead nowhere: they say nothing of anybody.
SILENT = {"expired", "unknown"}


@pytest.mark.timeout(300)  # more than twenty pages, and the way to each
def test_nothing_typed_comes_alive_on_the_pages_of_payers(shop: Shop, smtp: Smtp) -> None:
    places = {**of_one_invoice(shop), **of_what_is_kept(shop, smtp), **of_a_link(shop)}
    assert len(places) >= 16
    assert plant() > 60
    page = shop.page(looks=True)
    listen(page, shop.complaints)
    broken: list[str] = []
    for name, address in places.items():
        answer = page.goto(address)
        assert answer is not None
        shown = page.inner_text("body")
        found = page.evaluate(ALIVE)
        if FILLED.search(shown):
            found.append("a template was filled in")
        if answer.ok == (name in SILENT):
            found.append(f"answered {answer.status}")
        if name not in SILENT and not any(sign in shown for sign in (MARK, "7*7", "WWWW", "{0}", "*bold*")):
            found.append("shows nothing that was typed, so it proves nothing")
        broken += [f"{name}: {each}" for each in found]
    assert not broken, "\n".join(broken)


def of_one_invoice(shop: Shop) -> dict[str, str]:
    page = shop.page()
    return {
        name: page.url
        for name in pages_of_a_payer(shop, page)
        if name not in ("amount_changed", "pay_unfolded")
    }


def of_what_is_kept(shop: Shop, smtp: Smtp) -> dict[str, str]:
    """A saved card, the mailed keys to it and to all that is open, and a payment for several."""
    page = shop.page()
    save_a_card(shop, page)
    invoice = shop.invoice()
    shop.invoice("60.00")
    found = {"one press": shop.link(invoice), "saved methods": key(shop, smtp, page, shop.link(invoice))}
    found["all that is open"] = mailed(shop, smtp, page, invoice)
    page.goto(_several(page, found["all that is open"]))
    page.get_by_role("button", name="Pay €").click()
    page.wait_for_url("**/payment/**")
    found["several, paid"] = page.url
    for total in ("40.00", "2.00"):
        shop.invoice(total)
    found["several"] = _several(page, found["all that is open"])
    return found


def _several(page: Page, all_open: str) -> str:
    """The page on which the payment for all that is open can be begun."""
    page.goto(all_open)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Pay €").wait_for()
    return page.url


def of_a_link(shop: Shop) -> dict[str, str]:
    vat(shop.organization)
    link = make_link(shop.organization, name="Tour of the harbour")
    page = shop.page()
    page.goto(link_url(link))
    page.get_by_role("button", name="Pay €11.90").click()
    pay_by_card(page, GOOD)
    page.get_by_role("heading", name="Paid", exact=True).wait_for()
    return {"payment link": link_url(link), "sold": page.url}
