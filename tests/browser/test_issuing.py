"""The look before sending, in a real browser: what is typed stands in the mail beside it, and nothing holds it up."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk, desk

__all__ = ["desk"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def review(desk: Desk) -> Page:
    """Reached from the page of the draft, as people do."""
    draft = desk.world.draft()
    page = desk.page()
    page.goto(reverse("console:invoice", args=[draft.id]))
    page.get_by_role("link", name="Review and send").click()
    page.wait_for_url(f"**{reverse('console:invoice_issue', args=[draft.id])}")
    return page


def write(page: Page, *sentences: str) -> None:
    """With a pause after each, in which the mail shows it."""
    letter = page.frame_locator("iframe.letter").locator("body")
    for sentence in sentences:
        page.get_by_label("Personal message").press_sequentially(sentence)
        expect(letter).to_contain_text(sentence.strip())
    for sentence in sentences:
        expect(letter).to_contain_text(sentence.strip())


def test_a_message_is_seen_as_it_grows_and_the_invoice_is_issued_at_once(desk: Desk) -> None:
    page = review(desk)
    write(page, "Dear Ada, thank you.", " See you in May.")
    page.get_by_role("button", name="Issue and send €119.00").click()
    expect(page.get_by_role("heading", name="INV-00001")).to_be_visible()
    assert desk.only_invoice().number == "INV-00001"
    page.go_back()
    expect(page.get_by_text("This invoice was issued already.")).to_be_visible()


def test_back_leads_to_the_draft_and_not_through_old_letters(desk: Desk) -> None:
    page = review(desk)
    before = page.evaluate("history.length")
    write(page, "Dear Ada, thank you.", " See you in May.")
    assert page.evaluate("history.length") == before
    page.go_back()
    page.wait_for_url(f"**{reverse('console:invoice', args=[desk.only_invoice().id])}")
