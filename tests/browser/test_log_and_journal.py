"""The journal and the log of events in a real browser: found by words, narrowed, read, written into a file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.clerk import BOTH_LOOKS, fetched, files, open_panel, rows, search, table
from tests.browser.desk import Desk, fits
from tests.factories import make_customer

__all__ = ["files"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@BOTH_LOOKS
def test_the_journal_is_searched_narrowed_read_and_written_into_a_file(
    desk: Desk, files: Path, size: tuple[int, int], scheme: str
) -> None:
    quince = make_customer(desk.world.organization, name="Quince & Co")
    invoice = desk.world.issued(customer=quince)
    desk.world.paid(invoice)
    desk.world.issued()
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:journal"))
    expect(rows(page)).to_have_count(3)
    fits(page)
    search(page, "quince")
    expect(rows(page)).to_have_count(2)
    panel = open_panel(page, "filters")
    panel.get_by_label("Payment received").check()
    expect(rows(page)).to_have_count(1)
    panel.get_by_role("combobox", name="Date", exact=True).select_option("today")
    expect(page.locator(".list-chips")).to_contain_text("Date: today")
    expect(rows(page)).to_have_count(1)
    fits(page)
    panel.get_by_label("Payment received").uncheck()
    expect(rows(page)).to_have_count(2)
    panel.locator("summary").click()

    open_panel(page, "export").get_by_role("button", name="Export as XLSX").click()
    heads, *lines = table(fetched(page, desk.world.organization), "xlsx")
    assert sorted(line[heads.index("Entry")] for line in lines) == ["invoice.issued", "payment.settled"]
    assert {float(line[heads.index("Amount")]) for line in lines} == {119.0}
    accounts = heads.index("Accounts")
    assert all("119.00" in line[accounts] for line in lines)

    page.goto(reverse("console:journal") + f"?q={invoice.number}&kind=payment.settled")
    page.get_by_role("link", name="Payment received", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("Payment received"))).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("€119.00")
    fits(page)


@BOTH_LOOKS
def test_the_log_is_searched_narrowed_and_written_into_a_file(
    desk: Desk, files: Path, size: tuple[int, int], scheme: str
) -> None:
    world = desk.world
    quince = make_customer(world.organization, name="Quince & Co")
    invoice = world.issued(customer=quince)
    world.paid(invoice)
    page = desk.page(size, scheme=scheme)
    # Something that a person did: its name is in the log then.
    page.goto(reverse("console:customer", args=[quince.id]))
    page.get_by_label("Note", exact=True).fill("Calls before noon.")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_text("The note is saved.")).to_be_visible()

    page.goto(reverse("console:event_list"))
    fits(page)
    search(page, str(invoice.number))
    expect(rows(page).filter(has_text=f"Invoice {invoice.number} issued")).to_have_count(1)
    expect(rows(page).filter(has_text="Note written")).to_have_count(0)
    panel = open_panel(page, "filters")
    panel.get_by_label("Payments", exact=True).check()
    expect(rows(page).filter(has_text=f"Invoice {invoice.number} issued")).to_have_count(0)
    expect(rows(page).filter(has_text="Payment of €119.00 succeeded")).to_have_count(1)
    fits(page)
    page.locator(".list-chips .chip", has_text="Search").click()
    expect(page.locator(".list-chips")).not_to_contain_text("Search")
    page.locator(".list-chips .chip", has_text="About").click()
    expect(page.locator(".list-chips")).to_have_count(0)
    panel = open_panel(page, "filters")
    panel.get_by_label("People", exact=True).check()
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Note written")
    expect(page).to_have_url(re.compile("by=person"))
    panel.locator("summary").click()

    open_panel(page, "export").get_by_role("button", name="Export as CSV").click()
    expect(page.locator("#exports tbody tr")).to_have_count(1)
    heads, *lines = table(fetched(page, world.organization), "csv")
    assert [line[heads.index("What")] for line in lines[-1:]] == ["note.added"]
    assert all(line[heads.index("Who")].startswith("Noor") for line in lines)

    page.goto(reverse("console:event_list") + "?by=person&kind=note.added")
    page.get_by_role("link", name="Note written").click()
    expect(page.get_by_role("heading", name="Quince & Co")).to_be_visible()
