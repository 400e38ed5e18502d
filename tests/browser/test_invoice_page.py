"""One invoice in a real browser: looked at before it goes, copied, made void, paid by hand; and what its page tells."""

from __future__ import annotations

import io
import re

import pypdf
import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from allsquare.billing.models import Invoice
from allsquare.core import clock
from tests.browser.clerk import BOTH_LOOKS, carry_mails
from tests.browser.desk import Desk, fits
from tests.smtp import Smtp, smtp

__all__ = ["smtp"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opened(desk: Desk, invoice: Invoice, size: tuple[int, int], scheme: str) -> Page:
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:invoice", args=[invoice.id]))
    return page


def more(page: Page) -> Locator:
    """The menu of what else can be done, open."""
    page.locator("#invoice-head summary", has_text="More").click()
    return page.locator("#invoice-head details[open]")


def pdf_behind(page: Page, link: Locator) -> str:
    """What the PDF says that the link opens beside the page."""
    expect(link).to_have_attribute("target", "_blank")
    answer = page.context.request.get(str(link.get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf"
    return "\n".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(answer.body())).pages)


@BOTH_LOOKS
def test_mail_and_document_are_seen_before_they_go_and_go_as_seen(
    desk: Desk, smtp: Smtp, size: tuple[int, int], scheme: str
) -> None:
    draft = desk.world.draft(text="Oak table")
    page = opened(desk, draft, size, scheme)
    assert "Oak table" in pdf_behind(page, page.get_by_role("link", name="Preview"))
    page.get_by_role("link", name="Review and send").click()
    fits(page)
    letter = page.frame_locator("iframe.letter").locator("body")
    expect(letter).to_contain_text("€119.00")
    expect(letter).to_contain_text("Harbour & Pine")
    expect(page.locator(".letter-subject").first).to_contain_text("INV-00001")
    expect(page.get_by_text(desk.world.customer.email)).to_be_visible()
    paper = page.get_by_role("img", name="First page of the invoice")
    paper.scroll_into_view_if_needed()
    page.wait_for_function("paper => paper.complete && paper.naturalWidth > 500", arg=paper.element_handle())
    assert "Oak table" in pdf_behind(page, page.get_by_role("link", name="Open it as PDF"))
    assert desk.only_invoice().state == "draft"

    page.get_by_label("Personal message").fill("It was a pleasure.")
    expect(letter).to_contain_text("It was a pleasure.")
    page.get_by_role("button", name="Issue and send €119.00").click()
    expect(page.get_by_text("Invoice INV-00001 is issued and on its way to")).to_be_visible()
    expect(page.get_by_role("heading", name="INV-00001")).to_be_visible()
    carry_mails(desk.world.organization)
    (mail,) = smtp.mails
    assert mail.recipients == (desk.world.customer.email,)
    assert "INV-00001" in mail.subject
    assert "It was a pleasure." in mail.text
    (document,) = mail.attachments
    assert document.media_type == "application/pdf"
    page.reload()
    expect(page.locator(".events")).to_contain_text("Invoice INV-00001 sent")
    assert "INV-00001" in pdf_behind(page, page.get_by_role("link", name="PDF", exact=True))
    fits(page)


@BOTH_LOOKS
def test_a_copy_is_a_draft_with_the_same_lines_and_pressed_twice_it_is_one(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    invoice = desk.world.issued(lines=(("Oak table", "100.00"), ("Delivery", "20.00")))
    page = opened(desk, invoice, size, scheme)
    menu = more(page)
    fits(page)
    menu.get_by_role("button", name="Duplicate").dblclick()
    expect(page.get_by_role("heading", name="Edit draft")).to_be_visible()
    expect(page.get_by_text("This is a copy, with the same lines and prices.")).to_be_visible()
    for text in ("Oak table", "Delivery"):
        expect(
            page.locator(f"#editor input[value='{text}'], #editor textarea:text-is('{text}')")
        ).to_have_count(1)
    expect(page.locator("#totals")).to_contain_text("€142.80")
    fits(page)
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("link", name="Review and send")).to_be_visible()
    mine = Invoice.objects.filter(organization=desk.world.organization)
    assert sorted(mine.values_list("state", "total_minor")) == [("draft", 14280), ("issued", 14280)]


@BOTH_LOOKS
def test_voiding_says_what_it_does_and_is_told_on_the_page(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    invoice = desk.world.issued()
    page = opened(desk, invoice, size, scheme)
    dialog = page.get_by_role("dialog", name=f"Void invoice {invoice.number}?")
    more(page).get_by_role("button", name="Void").click()
    expect(dialog).to_contain_text(f"Invoice {invoice.number} over €119.00 keeps its number")
    expect(dialog).to_contain_text("Grace Buyer can no longer pay it. This cannot be undone.")
    fits(page)
    dialog.get_by_role("button", name="Keep as it is").click()
    expect(dialog).to_be_hidden()
    assert desk.only_invoice().state == "issued"

    more(page).get_by_role("button", name="Void").click()
    dialog.get_by_role("button", name="Void invoice").click()  # the browser says that the reason is missing
    expect(dialog).to_be_visible()
    dialog.get_by_label("Why is it void?").fill("Ordered twice")
    dialog.get_by_role("button", name="Void invoice").click()
    expect(page.get_by_text(f"Invoice {invoice.number} is void.")).to_be_visible()
    expect(page.locator(".alert", has_text="This invoice is void")).to_contain_text("Ordered twice")
    expect(page.locator(".events .event-title").first).to_have_text(f"Invoice {invoice.number} voided")
    expect(page.get_by_role("link", name="Record payment")).to_have_count(0)
    menu = more(page)
    expect(menu.get_by_role("button", name="Duplicate")).to_be_visible()
    expect(menu.get_by_role("button", name="Void")).to_have_count(0)
    fits(page)


@BOTH_LOOKS
def test_money_that_came_by_hand_is_recorded_in_two_parts_and_told(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    invoice = desk.world.issued()
    here = reverse("console:invoice", args=[invoice.id])
    page = opened(desk, invoice, size, scheme)
    page.get_by_role("link", name="Record payment").click()
    amount = page.get_by_label("Amount")
    expect(amount).to_have_value("119.00")
    expect(page.get_by_label("Received on")).to_have_value(clock.today(desk.world.organization).isoformat())
    fits(page)
    amount.fill("a lot")
    page.get_by_role("button", name="Record payment").click()
    expect(amount).to_have_attribute("aria-invalid", "true")
    amount.fill("50")
    page.get_by_label("Cash").check()
    page.get_by_label("Reference").fill("Counter, by Kim")
    page.get_by_role("button", name="Record payment").dblclick()
    expect(page.get_by_text("€50.00 is recorded.")).to_be_visible()
    expect(page.get_by_text("Counter, by Kim")).to_be_visible()
    fits(page)

    page.get_by_role("link", name=str(invoice.number)).first.click()
    page.wait_for_url(f"**{here}")
    expect(page.locator("#invoice-head")).to_contain_text("partly paid")
    happened = page.locator(".events .event-title")
    expect(happened.filter(has_text="Payment of €50.00 succeeded")).to_have_count(1)
    expect(happened.filter(has_text=f"Invoice {invoice.number} partly paid")).to_have_count(1)
    page.get_by_role("link", name="Record payment").click()
    expect(amount).to_have_value("69.00")
    page.get_by_role("button", name="Record payment").click()
    expect(page.get_by_text("€69.00 is recorded.")).to_be_visible()
    page.goto(here)
    expect(page.locator("#invoice-head")).to_contain_text(re.compile("paid"))
    expect(happened.filter(has_text=f"Invoice {invoice.number} paid")).to_have_count(1)
    expect(page.get_by_role("link", name="Record payment")).to_have_count(0)
    paid = Invoice.objects.get(organization=desk.world.organization, id=invoice.id)
    assert (paid.state, paid.open_minor) == ("paid", 0)
    fits(page)
