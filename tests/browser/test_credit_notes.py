"""Crediting a line in a real browser: the server's totals while one types, and what was paid goes back."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from allsquare.billing.models import CreditNote
from allsquare.payments.models import Refund
from tests.browser.desk import PHONE, WIDE, Desk, desk
from tests.browser.reader import complaints

__all__ = ["desk"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide", "phone"])
def test_a_part_of_a_line_is_credited_and_given_back(desk: Desk, size: tuple[int, int], scheme: str) -> None:
    payment = desk.world.paid(desk.world.issued())
    page = desk.page(size, scheme=scheme, axe=True)
    page.goto(reverse("console:invoice", args=[payment.invoice_id]))
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Credit", exact=True).click()
    page.wait_for_url("**/credit-note/")
    page.get_by_label("Amount of line 1").press_sequentially("25.50")
    totals = page.locator("#totals")
    expect(totals).to_contain_text("€30.35")
    expect(totals).to_contain_text("Then paid too much")
    page.get_by_label("Quantity of line 1").fill("1")
    expect(totals).to_contain_text("Give a quantity or an amount, not both.")
    page.get_by_label("Quantity of line 1").fill("")
    expect(totals).to_contain_text("€30.35")
    assert complaints(page) == []
    page.get_by_label("What is credited, and why?").fill("Two cups were broken")
    page.get_by_label("Give back by the way it was paid").check()
    page.get_by_role("button", name="Issue credit note").dblclick()
    expect(page).to_have_url(re.compile(r"/credit-notes/[0-9a-f-]{36}/"))
    expect(page.get_by_text("€30.35 goes back by the way it was paid.")).to_be_visible()
    assert complaints(page) == []
    assert page.locator("body").evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    (note,) = CreditNote.objects.filter(organization=desk.world.organization)
    (refund,) = Refund.objects.filter(organization=desk.world.organization)
    assert (note.total_minor, refund.amount_minor) == (3035, 3035)
    assert desk.complaints == []
