"""One customer in a real browser: the people to speak to, notes, the statement by mail, and what the timeline tells."""

from __future__ import annotations

import io

import pypdf
import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from allsquare.customers.models import Contact, CustomerNote
from tests.browser.clerk import BOTH_LOOKS, carry_mails
from tests.browser.desk import Desk, fits
from tests.browser.reader import seen
from tests.smtp import Smtp, smtp

__all__ = ["smtp"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opened(desk: Desk, size: tuple[int, int], scheme: str) -> Page:
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:customer", args=[desk.world.customer.id]))
    return page


def tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Pages of this customer").get_by_role("link", name=name).click()


@BOTH_LOOKS
def test_a_contact_is_entered_corrected_and_removed(desk: Desk, size: tuple[int, int], scheme: str) -> None:
    page = opened(desk, size, scheme)
    expect(page.get_by_text("Nobody yet: all mails go to")).to_be_visible()
    page.get_by_role("link", name="Add a contact").click()
    fits(page)
    page.get_by_label("Name", exact=True).fill("Rita Receiver")
    page.get_by_label("E-mail").fill("rita at example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Rita Receiver")
    page.get_by_label("E-mail").fill("rita@example.com")
    page.get_by_label("Phone").fill("+49 30 901820")
    page.get_by_label("Gets invoices").check()
    page.get_by_role("button", name="Save").dblclick()
    expect(page.get_by_text("Rita Receiver is saved.")).to_be_visible()
    contacts = page.locator(".card", has=page.get_by_role("heading", name="Contacts"))
    row = contacts.get_by_role("row").last
    expect(row.get_by_role("link", name="rita@example.com")).to_be_visible()
    expect(row.get_by_role("link", name="+49 30 901820")).to_be_visible()
    expect(row).to_contain_text("invoices")
    assert seen(page) == []
    fits(page)

    page.get_by_role("link", name="Rita Receiver", exact=True).click()
    page.get_by_label("Position").fill("Accounts payable")
    page.get_by_label("Gets invoices").uncheck()
    page.get_by_label("Gets receipts").check()
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Accounts payable")
    expect(row).to_contain_text("receipts and reminders")
    assert Contact.objects.filter(organization=desk.world.organization).count() == 1

    page.get_by_role("link", name="Rita Receiver", exact=True).click()
    page.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog", name="Remove Rita Receiver?")
    fits(page)
    dialog.get_by_role("button", name="Remove contact").click()
    expect(page.get_by_text("Rita Receiver is removed.")).to_be_visible()
    expect(page.get_by_text("Nobody yet: all mails go to")).to_be_visible()
    told = page.locator(".events")
    for words in ("Contact added", "Contact changed", "Contact removed"):
        expect(told).to_contain_text(words)


@BOTH_LOOKS
def test_a_note_is_kept_as_written_and_stands_first_while_it_is_pinned(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    """Nobody changes or deletes one: it is what was known then, and a correction is a new note."""
    page = opened(desk, size, scheme)
    note = page.get_by_label("Note", exact=True)
    note.fill("Calls before noon.\n  <b>Never</b> on Fridays.")
    page.get_by_role("button", name="Add note").dblclick()
    expect(page.get_by_text("The note is saved.")).to_be_visible()
    first = page.locator(".notes .note")
    expect(first).to_have_count(1)
    expect(first.locator(".as-typed")).to_have_text(
        "Calls before noon.\n  <b>Never</b> on Fridays.", use_inner_text=True
    )
    note.fill("Pays by cheque.")
    page.get_by_label("Show first on the customer's page").check()
    page.get_by_role("button", name="Add note").click()
    pinned = page.get_by_role("region", name="Pinned note")
    expect(pinned).to_contain_text("Pays by cheque.")
    fits(page)

    tab(page, "Notes")
    fits(page)
    notes = page.locator(".notes .note")
    expect(notes).to_have_count(2)
    expect(notes.first).to_contain_text("Pays by cheque.")
    notes.last.get_by_role("button", name="Pin").click()
    expect(pinned).to_contain_text("Calls before noon.")
    pinned.get_by_role("button", name="Unpin").click()
    expect(page.get_by_text("No note stands first any more. The note itself stays.")).to_be_visible()
    expect(pinned).to_have_count(0)
    assert CustomerNote.objects.filter(organization=desk.world.organization).count() == 2


@BOTH_LOOKS
def test_the_statement_goes_by_mail_with_words_of_ones_own(
    desk: Desk, smtp: Smtp, size: tuple[int, int], scheme: str
) -> None:
    paid, owed = desk.world.issued(), desk.world.issued()
    desk.world.paid(paid)
    page = opened(desk, size, scheme)
    tab(page, "Statement")
    for invoice in (paid, owed):
        expect(page.get_by_role("link", name=str(invoice.number)).first).to_be_visible()
    expect(page.locator(".sum-total")).to_contain_text("€119.00")
    fits(page)
    page.get_by_role("button", name="Send by mail").click()
    dialog = page.get_by_role("dialog", name="Send this statement?")
    expect(dialog).to_contain_text(f"It goes as a PDF to {desk.world.customer.email}.")
    dialog.get_by_label("Copy to").fill("nobody")
    dialog.get_by_label("Personal message").fill("As we said on the phone.")
    fits(page)
    dialog.get_by_role("button", name="Send", exact=True).click()
    copies = page.get_by_label("Copy to")
    expect(copies).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Personal message")).to_have_value("As we said on the phone.")
    copies.fill("books@example.com")
    page.get_by_role("button", name="Send", exact=True).dblclick()
    expect(page.get_by_text(f"The statement is on its way to {desk.world.customer.email}.")).to_be_visible()

    carry_mails(desk.world.organization)
    about = [mail for mail in smtp.mails if "Statement" in mail.subject]
    assert len(about) == 1
    (mail,) = about
    assert set(mail.recipients) == {desk.world.customer.email, "books@example.com"}
    assert "As we said on the phone." in mail.text
    (document,) = mail.attachments
    said = "\n".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(document.content)).pages)
    assert str(owed.number) in said
    assert "119.00" in said
    tab(page, "Overview")
    expect(page.locator(".events")).to_contain_text("Statement of account sent")
    mails = page.locator(".card", has=page.get_by_role("heading", name="Mails", exact=True))
    expect(mails.get_by_text("sent", exact=True).first).to_be_visible()


@BOTH_LOOKS
def test_the_timeline_tells_all_that_happened_and_leads_there(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    world = desk.world
    invoices = [world.issued() for _number in range(24)]
    for invoice in invoices[:2]:
        world.paid(invoice)
    world.note()
    page = opened(desk, size, scheme)
    page.get_by_role("link", name="The whole timeline").click()
    fits(page)
    happened = page.locator(".events .event-title")
    expect(happened.first).to_have_text("Note written")
    expect(happened).to_have_count(50)
    newest = happened.all_inner_texts()
    page.get_by_role("link", name="Older").or_(page.get_by_role("link", name="Next")).click()
    expect(happened.last).to_have_text("Draft begun")
    assert happened.all_inner_texts() != newest
    fits(page)
    page.get_by_role("link", name="Newer").or_(page.get_by_role("link", name="Previous")).click()
    expect(happened.first).to_have_text("Note written")
    page.get_by_role("link", name=f"Invoice {invoices[1].number} paid").click()
    expect(page.get_by_role("heading", name=str(invoices[1].number))).to_be_visible()
