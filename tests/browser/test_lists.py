"""Lists in a real browser: search as one types, chips, choosing rows, columns, on a phone too."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from allsquare.billing.models import Invoice
from tests.browser.desk import PHONE, Desk, desk
from tests.browser.reader import complaints
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
    expect(page.get_by_text("2 invoices are issued.")).to_be_visible()
    issued = Invoice.objects.filter(organization=desk.world.organization, number__isnull=False)
    assert issued.count() == 2


def test_days_are_chosen_by_a_word_and_a_customer_as_one_types(desk: Desk) -> None:
    quince = make_customer(desk.world.organization, name="Quince & Co")
    desk.world.issued(customer=quince)
    desk.world.issued()
    page = desk.page(axe=True)
    page.goto(reverse("console:invoice_list"))
    page.get_by_text("Filters", exact=True).click()
    picker = page.get_by_role("combobox", name="Customer")
    picker.press_sequentially("quin")
    page.get_by_role("option", name=re.compile("Quince")).click()
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile(f"customer={quince.id}"))
    words = page.get_by_role("combobox", name="Issued", exact=True)
    words.select_option("this month")
    expect(page.locator(".list-chips")).to_contain_text("Issued: this month")
    expect(page).to_have_url(re.compile("issued=this_month"))
    page.get_by_label("Issued, from").fill("2020-01-01")
    expect(page.locator(".list-chips")).to_contain_text("Issued: from Jan 1, 2020")
    expect(words).to_have_value("")
    assert complaints(page) == []
    page.get_by_text("Filters", exact=True).click()
    page.locator(".list-chips .chip", has_text="Quince & Co").click()
    expect(page.locator("tr[data-row]")).to_have_count(2)
    expect(page.locator("#list-form [data-combobox-value]")).to_have_value("")


def test_on_a_phone_nothing_scrolls_sideways(desk: Desk) -> None:
    desk.world.issued()
    page = desk.page(PHONE)
    page.goto(reverse("console:invoice_list") + "?state=open")
    assert page.locator("body").evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_text("Filters", exact=True).click()
    expect(page.get_by_label("Drafts")).to_be_visible()
    page.get_by_label("Drafts").check()
    expect(page.locator(".list-chips")).to_contain_text("Drafts, Open")


def test_the_search_at_the_top_answers_while_one_types(desk: Desk) -> None:
    customer = make_customer(desk.world.organization, name="Quince & Co")
    invoice = desk.world.issued(customer=customer)
    desk.world.item(name="Quince jelly")
    page = desk.page(axe=True)
    page.goto(reverse("console:home"))
    page.keyboard.press("/")
    page.keyboard.type("quin")
    options = page.get_by_role("option")
    expect(options).to_have_count(3)
    expect(page.get_by_role("group", name="Customers").get_by_role("option")).to_have_text(
        re.compile("Quince & Co")
    )
    page.keyboard.press("ArrowDown")
    expect(page.locator("#search")).to_have_attribute("aria-activedescendant", f"found-{invoice.id}")
    assert complaints(page, ".topbar") == []
    page.keyboard.press("Escape")
    expect(page.locator("#search-popup")).to_be_hidden()
    expect(page.locator("#search")).to_have_value("quin")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
        expect(page.locator("#search-popup")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(str(customer.id)))


def test_the_search_says_when_nothing_is_found_and_enter_leads_to_its_page(desk: Desk) -> None:
    page = desk.page()
    page.goto(reverse("console:home"))
    page.locator("#search").press_sequentially("nobody")
    expect(page.locator("#search-note")).to_have_text("Nothing found")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Results for “nobody”")).to_be_visible()


def test_without_scripts_the_search_is_a_form(desk: Desk) -> None:
    invoice = desk.world.issued()
    page = desk.page(scripts=False)
    page.goto(reverse("console:home"))
    page.locator("#search").fill(str(invoice.number))
    page.locator("#search").press("Enter")
    expect(page.get_by_role("link", name=str(invoice.number))).to_be_visible()
