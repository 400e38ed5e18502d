"""Help beside the page, keys that lead somewhere, and the installed app."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.desk import PHONE, WIDE, Desk, desk
from tests.browser.reader import complaints

__all__ = ["desk"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide", "phone"])
def test_help_comes_beside_the_page(desk: Desk, size: tuple[int, int], scheme: str) -> None:
    page = desk.page(size, scheme=scheme, axe=True)
    page.goto(reverse("console:settings_numbering"))
    page.locator("h1").click()
    page.keyboard.press("?")
    panel = page.locator("#help-panel")
    expect(panel.get_by_role("heading", name="Numbering")).to_be_visible()
    assert complaints(page, "#help-panel") == []
    panel.get_by_role("searchbox").fill("webhook address")
    page.keyboard.press("Enter")
    panel.get_by_role("link", name="Payment providers").click()
    expect(panel.get_by_text("Test the connection")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert desk.complaints == []


def test_without_scripts_help_is_a_page(desk: Desk) -> None:
    page = desk.page(scripts=False)
    page.goto(reverse("console:invoice_list"))
    page.get_by_role("link", name="Help for this page").click()
    expect(page.get_by_role("heading", name="Invoices")).to_be_visible()


def test_keys_lead_to_pages_but_not_while_typing(desk: Desk) -> None:
    page = desk.page()
    page.goto(reverse("console:home"))
    page.keyboard.type("gi")  # in one go: who waits between the keys has pressed two
    page.wait_for_url(f"**{reverse('console:invoice_list')}")
    page.locator("#search").fill("")
    page.locator("#search").press_sequentially("g h?")
    expect(page.locator("#search")).to_have_value("g h?")
    expect(page.locator("#help-panel")).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("c")
    expect(page.locator("#create-menu")).to_have_attribute("open", "")
    assert desk.complaints == []


def test_chromium_finds_nothing_that_keeps_the_app_from_being_installed(desk: Desk) -> None:
    page = desk.page()
    page.goto(reverse("console:home"))
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith(reverse("ui:manifest"))
    problems = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in problems if each["errorId"] != "in-incognito"] == []


def test_without_a_connection_it_says_so_and_shows_no_figures(desk: Desk) -> None:
    page = desk.page()
    page.goto(reverse("console:home"))
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.context.set_offline(True)
    page.goto(reverse("console:invoice_list"))
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    page.context.set_offline(False)
    # The first page may have had its live stream open when the connection went; nothing else was missed.
    assert all("ERR_INTERNET_DISCONNECTED" in said for said in desk.complaints)
    desk.complaints.clear()
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Harbour & Pine")).to_be_visible()
