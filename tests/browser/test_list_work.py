"""A clerk's day in a list, in a real browser: narrowing it, arranging it, keeping views, files, acts on many rows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from allsquare.connect.models import Batch
from allsquare.connect.services import run_batch as running
from allsquare.core import clock
from allsquare.customers.models import Customer
from tests.browser.clerk import (
    BOTH_LOOKS,
    fetched,
    files,
    open_panel,
    rows,
    search,
    table,
    titles,
    watched_and_fetched,
    words,
)
from tests.browser.desk import PHONE, WIDE, Desk, fits
from tests.factories import make_customer

__all__ = ["files"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def invoices_of_two(desk: Desk) -> Customer:
    """Three that are open and a draft of Quince, two of somebody else."""
    quince = make_customer(desk.world.organization, name="Quince & Co")
    for price in ("100.00", "200.00", "300.00"):
        desk.world.issued(customer=quince, lines=(("Jelly", price),))
    desk.world.draft(customer=quince)
    for _number in range(2):
        desk.world.issued()
    return quince


def narrow(page: Page) -> None:
    """To what is open of Quince, by what is typed and by a filter."""
    page.goto(reverse("console:invoice_list"))
    search(page, "quince")
    expect(rows(page)).to_have_count(4)
    panel = open_panel(page, "filters")
    panel.get_by_label("Open", exact=True).check()
    expect(rows(page)).to_have_count(3)
    panel.locator("summary").click()


@pytest.mark.parametrize(
    ("size", "scheme", "form"),
    [(WIDE, "light", "csv"), (PHONE, "dark", "xlsx")],
    ids=["wide csv", "phone xlsx"],
)
def test_the_list_as_it_stands_becomes_a_file_whose_progress_is_seen(
    desk: Desk, files: Path, size: tuple[int, int], scheme: str, form: str
) -> None:
    invoices_of_two(desk)
    page = desk.page(size, scheme=scheme)
    narrow(page)
    listed = titles(page)
    panel = open_panel(page, "export")
    fits(page)
    panel.get_by_role("button", name=f"Export as {form.upper()}").click()
    fits(page)
    heads, *lines = table(watched_and_fetched(page, desk.world.organization), form)
    fits(page)
    assert heads[:4] == ["Number", "Customer", "State", "Issued"]
    assert [line[0] for line in lines] == listed
    assert {line[1] for line in lines} == {"Quince & Co"}
    total = heads.index("Total")
    assert sorted(float(line[total]) for line in lines) == [119, 238, 357]
    page.reload()
    expect(page.get_by_role("link", name="Download")).to_be_visible()


def test_chosen_rows_become_a_file_and_it_can_be_stopped_and_go_on(desk: Desk, files: Path) -> None:
    invoices_of_two(desk)
    page = desk.page()
    page.goto(reverse("console:invoice_list") + "?sort=number")
    chosen = titles(page)[1:3]
    for place in (1, 2):
        rows(page).nth(place).get_by_role("checkbox").check()
    expect(page.locator(".batch")).to_contain_text("2 chosen")
    page.locator(".batch").get_by_role("button", name="CSV").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("The export is stopped. It can go on from where it is.")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    _heads, *lines = table(fetched(page, desk.world.organization), "csv")
    assert [line[0] for line in lines] == chosen


@BOTH_LOOKS
def test_a_view_is_kept_used_changed_renamed_opened_first_and_deleted(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    invoices_of_two(desk)
    page = desk.page(size, scheme=scheme)
    narrow(page)
    view = open_panel(page, "view")
    fits(page)
    view.get_by_label("Name of the view").fill("Quince owes")
    view.get_by_role("button", name="Save view").click()
    expect(page.get_by_text("The view “Quince owes” is saved.")).to_be_visible()
    tabs = page.get_by_role("navigation", name="Saved views")
    mine = tabs.get_by_role("link", name="Quince owes")
    expect(mine).to_have_attribute("aria-current", "true")
    expect(rows(page)).to_have_count(3)

    tabs.get_by_role("link", name="All").click()
    expect(rows(page)).to_have_count(6)
    mine.click()
    expect(rows(page)).to_have_count(3)
    expect(page.locator("#list-search")).to_have_value("quince")
    page.locator(".list-chips .chip", has_text="State").click()
    expect(rows(page)).to_have_count(4)
    expect(mine).to_contain_text("changed")
    fits(page)
    view = open_panel(page, "view")
    view.get_by_role("button", name="Save view").click()
    expect(mine).not_to_contain_text("changed")
    expect(rows(page)).to_have_count(4)

    view = open_panel(page, "view")
    view.get_by_label("Name of the view").fill("All of Quince")
    view.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("The view is called “All of Quince” now.")).to_be_visible()
    open_panel(page, "view").get_by_role("button", name="Open the list with it").click()
    expect(page.get_by_text("The list opens with “All of Quince” from now on.")).to_be_visible()
    page.goto(reverse("console:invoice_list"))
    expect(rows(page)).to_have_count(4)
    open_panel(page, "view").get_by_role("button", name="Delete view").click()
    expect(page.get_by_text("The view “All of Quince” is deleted.")).to_be_visible()
    expect(tabs).to_have_count(0)
    expect(rows(page)).to_have_count(6)


@BOTH_LOOKS
def test_columns_are_put_away_and_brought_out_for_good(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    invoice = desk.world.issued(lines=(("Work", "200.00"),))
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:invoice_list"))
    heads = page.locator("#list thead th")
    due = page.locator("tr[data-row] time")
    before = due.count()
    columns = open_panel(page, "columns")
    fits(page)
    expect(columns.get_by_label("Number")).to_be_disabled()
    columns.get_by_label("Due").uncheck()
    columns.get_by_label("Tax").check()
    columns.get_by_role("button", name="Use these columns").click()
    for address in ("", reverse("console:invoice_list"), reverse("console:invoice_list") + "?q=grace"):
        if address:
            page.goto(address)
        else:
            expect(heads.filter(has_text=words("Tax"))).to_have_count(1)
            page.reload()
        expect(heads.filter(has_text=words("Due"))).to_have_count(0)
        expect(heads.filter(has_text=words("Tax"))).to_have_count(1)
        expect(due).to_have_count(before - 1)
        expect(rows(page).get_by_text("€38.00")).to_be_visible()
    expect(page.get_by_role("link", name=str(invoice.number))).to_be_visible()
    expect(page.locator("#list-search")).to_have_value("grace")
    expect(page.locator("#search")).to_have_value("")  # what is asked of one list is not asked of everything
    fits(page)


@BOTH_LOOKS
def test_filters_combine_and_live_in_the_address(desk: Desk, size: tuple[int, int], scheme: str) -> None:
    quince = invoices_of_two(desk)
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:invoice_list"))
    panel = open_panel(page, "filters")
    panel.get_by_label("Open", exact=True).check()
    expect(rows(page)).to_have_count(5)
    panel.get_by_role("combobox", name="Customer").press_sequentially("quin")
    page.get_by_role("option", name=re.compile("Quince")).click()
    expect(rows(page)).to_have_count(3)
    panel.get_by_label("Total, at least").fill("200")
    panel.get_by_label("Total, at least").press("Tab")
    expect(rows(page)).to_have_count(2)
    panel.get_by_label("Order").select_option("total")
    expect(rows(page).first).to_contain_text("€238.00")
    fits(page)
    expect(page).to_have_url(re.compile(r"sort=total"))
    for part in ("state=open", f"customer={quince.id}", "total_min=200"):
        expect(page).to_have_url(re.compile(part))
    chips = page.locator(".list-chips .chip")
    expect(chips).to_have_count(4)  # the fourth clears all

    address = page.url
    page.reload()
    expect(rows(page)).to_have_count(2)
    other = page.context.new_page()
    other.goto(address)
    expect(rows(other)).to_have_count(2)
    expect(rows(other).first).to_contain_text("€238.00")
    other.close()

    rows(page).first.get_by_role("link").first.click()
    expect(page.locator("#invoice-page")).to_be_visible()
    page.go_back()
    expect(rows(page)).to_have_count(2)
    chips.filter(has_text="Total").click()
    expect(rows(page)).to_have_count(3)
    # Two in one moment, before any answer: both are gone, and what is left narrows still.
    page.go_back()
    expect(chips).to_have_count(4)
    page.locator(".list-chips").evaluate(
        "all => ['State', 'Total'].forEach("
        "name => [...all.children].find(chip => chip.textContent.includes(name)).click())"
    )
    expect(chips).to_have_count(1)
    expect(chips).to_contain_text("Quince")
    expect(rows(page)).to_have_count(4)
    expect(page).to_have_url(re.compile(f"customer={quince.id}"))
    for gone in ("state=", "total_min"):
        expect(page).not_to_have_url(re.compile(gone))
    page.go_back()
    expect(chips).to_have_count(4)
    page.get_by_role("link", name="Clear all").click()
    expect(rows(page)).to_have_count(6)
    expect(page).not_to_have_url(re.compile("state="))


def customers(desk: Desk, number: int) -> list[str]:
    """In the order of their names, beside the one that there is."""
    now = clock.now(None)
    names = [f"Anchor {place:03}" for place in range(number)]
    Customer.objects.bulk_create(
        Customer(
            organization=desk.world.organization, name=name, currency="EUR", country="DE", created_at=now
        )
        for name in names
    )
    return names


@BOTH_LOOKS
def test_one_goes_forth_and_back_by_pages_and_no_row_is_missed(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    names = [*customers(desk, 119), "Grace Buyer"]
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:customer_list") + "?sort=name")
    pages = page.get_by_role("navigation", name="Pages")
    expect(pages).to_contain_text("120 entries")
    expect(pages.get_by_role("link", name="Previous")).to_have_count(0)
    seen = titles(page)
    for first in (names[50], names[100]):
        pages.get_by_role("link", name="Next").click()
        expect(rows(page).first).to_contain_text(first)
        expect(page).to_have_url(re.compile("after="))
        seen += titles(page)
    assert seen == names
    expect(pages.get_by_role("link", name="Next")).to_have_count(0)
    # Who comes in between moves nothing of what one pages through.
    make_customer(desk.world.organization, name="Aardvark")
    pages.get_by_role("link", name="Previous").click()
    expect(rows(page).first).to_contain_text(names[50])
    assert titles(page) == names[50:100]
    fits(page)
    page.go_back()
    expect(rows(page).first).to_contain_text(names[100])
    page.go_back()
    expect(rows(page).first).to_contain_text(names[50])
    page.reload()
    expect(rows(page).first).to_contain_text(names[50])


@BOTH_LOOKS
def test_all_of_a_long_list_are_chosen_and_the_act_is_watched_to_its_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], scheme: str
) -> None:
    organization = desk.world.organization
    names = customers(desk, 60)
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:customer_list") + "?sort=name&q=anchor")
    if size == PHONE:
        page.get_by_role("switch", name="Choose rows").check()
        page.get_by_label("all of this page").check()
    else:
        page.get_by_label("Choose all rows of this page").check()
    expect(page.locator(".batch")).to_contain_text("50 chosen")
    page.get_by_label("all 60 of the list").check()
    page.locator(".batch").get_by_role("button", name="Archive").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Archive 60 customers?")
    expect(dialog).to_contain_text(names[0])
    dialog.get_by_role("button", name="Archive").click()
    progress = page.get_by_role("status").filter(has_text="done")
    expect(progress).to_contain_text("0 of 60 done")
    fits(page)

    went: list[int] = []
    on: Any = running._next  # where the page may be looked at in the middle of the work

    def next_one(*given: Any, **more: Any) -> bool:
        if len(went) == 40:
            expect(progress).to_contain_text("40 of 60 done")
            expect(page.get_by_role("progressbar")).to_be_visible()
        went.append(1)
        return bool(on(*given, **more))

    monkeypatch.setattr(running, "_next", next_one)
    running.run_batch(organization=organization, batch_id=Batch.objects.get(organization=organization).id)
    expect(progress).to_contain_text("60 of 60 done")
    expect(page.locator("#batch tbody tr")).to_have_count(60)
    fits(page)
    archived = Customer.objects.filter(organization=organization, archived_at__isnull=False)
    assert sorted(archived.values_list("name", flat=True)) == names
    page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_text("No customer like this")).to_be_visible()
    page.get_by_role("link", name="Show all customers").click()
    expect(rows(page)).to_have_count(1)
