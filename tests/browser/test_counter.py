"""A clerk takes a card in the shop: the reader is chosen, watched and let go, in a real browser, at a real provider.
Pictures are left in pytest's folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from allsquare.core.actor import SYSTEM
from allsquare.payments.models import Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests.browser.desk import LOOKS, Desk
from tests.browser.reader import wrong_by_day_and_night
from tests.sandbox_process import SandboxAccount

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def reader(desk: Desk, sandbox: SandboxAccount) -> str:
    """The first one that the provider lists."""
    add_gateway_account(
        organization=desk.world.organization,
        gateway="sandbox",
        label="Sandbox",
        settings=sandbox.settings,
        actor=SYSTEM,
    )
    return str(sandbox.get("/readers")["data"][0]["id"])


KEEP = "Keep this card for later payments (the customer agreed)"


def wake(desk: Desk, page: Page, *ticks: str) -> None:
    page.goto(f"/invoices/{desk.world.issued().id}/")
    page.get_by_role("link", name="Take the card here").click()
    expect(page.get_by_label("Front desk")).to_be_checked()
    for each in ticks:
        page.get_by_label(each).check()
    page.get_by_role("button", name="Wake the reader up").click()
    expect(page.get_by_text("“Front desk” waits for a card")).to_be_visible()


def test_the_page_says_by_itself_that_a_card_was_read(
    desk: Desk, sandbox: SandboxAccount, reader: str
) -> None:
    page = desk.page()
    wake(desk, page)
    sandbox.control(f"/readers/{reader}/present", number="4242424242424242")
    expect(page.get_by_text("Received", exact=True)).to_be_visible()
    expect(page.get_by_text("waits for a card")).to_have_count(0)
    assert Payment.objects.get(organization=desk.world.organization).state == "succeeded"


def test_a_card_that_is_declined_and_one_that_nobody_holds_to_it(
    desk: Desk, sandbox: SandboxAccount, reader: str
) -> None:
    page = desk.page(scripts=False)
    wake(desk, page)
    sandbox.control(f"/readers/{reader}/present", number="4000000100000001")
    page.get_by_role("button", name="Ask the provider now").click()
    expect(page.get_by_text("The card was declined.").first).to_be_visible()
    wake(desk, page)
    page.get_by_role("button", name="Cancel at the reader").click()
    expect(page.get_by_text("The reader waits no longer. Nothing was charged.")).to_be_visible()
    assert sandbox.get("/readers")["data"][0]["charge"] is None


def test_a_tip_is_given_and_the_card_is_kept(desk: Desk, sandbox: SandboxAccount, reader: str) -> None:
    page = desk.page()
    wake(desk, page, "Ask for a tip at the reader", KEEP)
    expect(page.get_by_text("As soon as it is read, as the customer agreed")).to_be_visible()
    sandbox.control(f"/readers/{reader}/present", number="4242424242424242", tip=150)
    page.get_by_role("link", name="Yes, as the customer agreed").click()
    expect(page.get_by_text("from the reader “Front desk”")).to_be_visible()


@LOOKS
def test_its_pages_can_be_read_by_all(
    desk: Desk, sandbox: SandboxAccount, reader: str, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    page = desk.page(size, scheme=scheme, axe=True)

    def look(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}-{size[0]}-{scheme}.png", full_page=True)
        assert wrong_by_day_and_night(page) == [], name

    other = sandbox.get("/readers")["data"][1]["id"]
    sandbox.control(f"/readers/{other}/unplug")
    page.goto(f"/invoices/{desk.world.issued().id}/take-card/")
    expect(page.get_by_label("Second till (not connected)")).to_be_visible()
    look("choose")
    page.get_by_label("Second till (not connected)").check()
    page.get_by_role("button", name="Wake the reader up").click()
    expect(page.get_by_text("is not connected. Plug it in").first).to_be_visible()
    look("refused")
    wake(desk, page)
    look("waits")
    page.get_by_role("button", name="Cancel at the reader").click()
    wake(desk, page, KEEP)
    sandbox.control(f"/readers/{reader}/present", number="4000007200000005")
    expect(page.get_by_text("Nothing was saved; the payment counts.")).to_be_visible()
    look("a-wallet")
    wake(desk, page, KEEP)
    sandbox.control(f"/readers/{reader}/present", number="4242424242424242")
    page.get_by_role("link", name="Yes, as the customer agreed").click()
    expect(page.get_by_text("from the reader “Front desk”")).to_be_visible()
    look("kept")
