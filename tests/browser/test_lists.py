"""Lists in a real browser: search as one types, chips, choosing rows, columns, on a phone too."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from allsquare.billing.models import Invoice
from tests.browser.test_console import PHONE, Desk, desk
from tests.factories import make_customer

__all__ = ["desk"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_search_as_one_types_keeps_the_focus_and_the_address(desk: Desk) -> None:
    desk.world.issued(customer=make_customer(desk.world.organization, name="Quince & Co"))
    desk.world.issued()
    page = desk.page()
    page.goto(reverse("console:invoice_list"))
    expect(page.locator("tr[data-row]")).to_have_count(2)
    search = page.get_by_role("searchbox", name="Number, customer or reference")
    search.press_sequentially("quin")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(search).to_be_focused()
    expect(search).to_have_value("quin")
    expect(page).to_have_url(re.compile(r"q=quin"))
    page.locator(".list-chips .chip").click()
    expect(page.locator("tr[data-row]")).to_have_count(2)
    expect(page).not_to_have_url(re.compile(r"q=quin"))


def test_chosen_drafts_are_issued_from_a_dialog_by_keys(desk: Desk) -> None:
    for _number in range(3):
        desk.world.draft()
    page = desk.page()
    page.goto(reverse("console:invoice_list"))
    for key in "jxjx":
        page.keyboard.press(key)
    expect(page.locator(".batch")).to_contain_text("2 chosen")
    page.get_by_role("button", name="Issue and send").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Issue and send 2 invoices?")
    dialog.get_by_role("button", name="Issue and send").click()
    expect(page.get_by_text("2 rows done")).to_be_visible()
    issued = Invoice.objects.filter(organization=desk.world.organization, number__isnull=False)
    assert issued.count() == 2


def test_on_a_phone_nothing_scrolls_sideways(desk: Desk) -> None:
    desk.world.issued()
    page = desk.page(PHONE)
    page.goto(reverse("console:invoice_list") + "?state=open")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_text("Filters", exact=True).click()
    expect(page.get_by_label("Drafts")).to_be_visible()
    page.get_by_label("Drafts").check()
    expect(page.locator(".list-chips")).to_contain_text("Drafts, Open")
