"""Settings, rehearsal and help in a real browser."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from allsquare.identity.models import Organization
from allsquare.ledger.models import Account, JournalEntry
from tests.browser.desk import PHONE, WIDE, Desk, desk
from tests.factories import make_organization
from tests.web.console.world import World

__all__ = ["desk"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_booking_by_hand_shows_its_balance_while_typing(desk: Desk) -> None:
    page = desk.page()
    page.goto(reverse("console:entry_new"))
    accounts = {
        role: str(Account.objects.get(organization=desk.world.organization, role=role))
        for role in ("bank", "equity")
    }
    page.get_by_label("What for").fill("Opening balance")
    page.locator("#id_row-0-account").select_option(label=accounts["bank"])
    page.locator("#id_row-0-debit").fill("250")
    expect(page.locator("#balance")).to_contain_text("Missing on the credit side")
    page.locator("#id_row-1-account").select_option(label=accounts["equity"])
    page.locator("#id_row-1-credit").fill("250")
    expect(page.locator("#balance")).to_contain_text("Both sides are the same")
    page.get_by_role("button", name="Post entry").dblclick()
    expect(page).to_have_url(re.compile(r"/books/journal/[0-9a-f-]{36}/"))
    assert JournalEntry.objects.filter(organization=desk.world.organization, kind="manual").count() == 1
    assert desk.complaints == []


def test_the_next_number_and_the_colour_are_shown_while_typing(desk: Desk) -> None:
    page = desk.page()
    page.goto(reverse("console:settings_numbering"))
    page.get_by_label("Begins with").first.fill("2027-")
    expect(page.locator("#next-invoice")).to_have_text(re.compile("2027-00001"))
    page.goto(reverse("console:settings_branding"))
    page.get_by_label("Colour").fill("#ffcc00")
    button = page.locator(".brand-preview .btn-primary")
    expect(button).to_have_css("background-color", "rgb(255, 204, 0)")
    expect(button).to_have_css("color", "rgb(17, 22, 29)")
    assert desk.complaints == []


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide", "phone"])
def test_a_rehearsal_moves_its_clock_and_starts_for_real(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    desk.world = World(make_organization(name="Harbour", rehearsal=True))
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:home"))
    expect(page.get_by_text("Rehearsal: no real money moves.")).to_be_visible()
    page.get_by_text("Move the clock").click()
    page.get_by_role("button", name="One month forward").click()
    expect(page.locator("#messages")).to_contain_text("now.")
    assert Organization.objects.get(id=desk.world.organization.id).clock_offset.days >= 28
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    page.get_by_role("link", name="Start for real").click()
    page.get_by_role("button", name="Start for real").click()
    expect(page.locator("#messages")).to_contain_text("for real")
    expect(page.get_by_text("Rehearsal: no real money moves.")).to_have_count(0)
    assert desk.complaints == []
