"""Acts on many rows in a real browser: on a phone too, where a switch shows what can be chosen."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from allsquare.billing.models import Invoice
from allsquare.connect.models import Batch
from allsquare.connect.services.run_batch import run_batch
from allsquare.web.console.lists import batch
from tests.browser.desk import PHONE, Desk, desk
from tests.browser.reader import complaints

__all__ = ["desk"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_on_a_phone_rows_are_chosen_by_a_switch_and_a_touch_and_made_void(desk: Desk) -> None:
    for _number in range(3):
        desk.world.issued()
    page = desk.page(PHONE, scheme="dark", axe=True)
    page.goto(reverse("console:invoice_list"))
    box = page.locator("tr[data-row] input[name=ids]").first
    expect(box).to_be_hidden()
    page.get_by_role("switch", name="Choose rows").check()
    expect(box).to_be_visible()
    page.locator("tr[data-row]").nth(0).tap()
    page.locator("tr[data-row]").nth(1).tap()
    expect(page.locator(".batch")).to_contain_text("2 chosen")
    assert page.locator("body").evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    for target in ("tr[data-row] input[name=ids]", "[data-pick-switch]", ".batch button"):
        for place in page.locator(target).all():
            found = place.bounding_box()
            assert found is not None
            assert min(found["width"], found["height"]) >= 24, target
    assert complaints(page) == []
    page.get_by_role("button", name="Void").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Void 2 invoices?")
    expect(dialog).to_contain_text("€238.00")
    assert complaints(page, "dialog") == []
    dialog.get_by_label("Why are they void?").fill("Ordered twice")
    dialog.get_by_role("button", name="Void").click()
    expect(page.get_by_text("2 invoices are void.")).to_be_visible()
    mine = Invoice.objects.filter(organization=desk.world.organization)
    assert sorted(mine.values_list("state", flat=True)) == ["issued", "void", "void"]


def test_the_page_of_a_batch_counts_by_itself_and_shows_the_rows_at_the_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "FEW", 1)
    for _number in range(2):
        desk.world.issued()
    page = desk.page(PHONE, axe=True)
    page.goto(reverse("console:invoice_list"))
    page.get_by_role("switch", name="Choose rows").check()
    page.locator("tr[data-row]").nth(0).tap()
    page.locator("tr[data-row]").nth(1).tap()
    page.get_by_role("button", name="Void").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why are they void?").fill("Ordered twice")
    dialog.get_by_role("button", name="Void").click()
    expect(page.get_by_role("status").filter(has_text="0 of 2 done")).to_be_visible()
    expect(page.locator("#batch table")).to_have_count(0)
    assert complaints(page) == []
    stop = page.get_by_role("button", name="Stop")
    stop.focus()
    for _time in range(2):  # it counts by itself, once a second
        with page.expect_response(lambda answer: "/batches/" in answer.url):
            pass
    expect(stop).to_be_focused()
    organization = desk.world.organization
    started = Batch.objects.get(organization=organization)
    run_batch(organization=organization, batch_id=started.id)
    expect(page.locator("#batch tbody tr")).to_have_count(2)
    expect(page.get_by_role("status").filter(has_text="2 of 2 done")).to_be_visible()
    expect(page.locator("#batch-count")).to_have_count(1)
    assert complaints(page) == []


def test_turning_the_switch_off_lets_the_rows_go(desk: Desk) -> None:
    invoice = desk.world.issued()
    page = desk.page(PHONE)
    page.goto(reverse("console:invoice_list"))
    switch = page.get_by_role("switch", name="Choose rows")
    switch.check()
    page.locator("tr[data-row]").tap()
    switch.uncheck()
    expect(page.locator(".batch")).to_be_hidden()
    page.get_by_role("link", name=str(invoice.number)).tap()
    page.wait_for_url(f"**{reverse('console:invoice', args=[invoice.id])}")
