"""What a page looks like on paper: no navigation, no buttons, and no table cut off at its side."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.browser.desk import WIDE, Desk, desk

__all__ = ["desk"]  # the fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: A4 without its margins, in CSS pixels.
PAPER = (718, 1000)
SHOWS = """() => [...document.querySelectorAll("nav, button, .btn, .shell-side, .shell-top, .topbar, form.list-tools")]
  .filter(each => each.checkVisibility() && each.getBoundingClientRect().height > 0)
  .map(each => `${each.localName} ${each.className}`)"""
CUT = """() => [...document.querySelectorAll("table, .table-responsive")]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1
    || each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX !== "visible")
  .map(each => `${each.localName} ${each.className} ${each.scrollWidth} > ${each.clientWidth}`)"""


def test_pages_print_without_navigation_buttons_and_cut_tables(desk: Desk) -> None:
    world = desk.world
    invoice, payment = world.issued(), world.paid(world.issued())
    page = desk.page(WIDE)
    page.set_viewport_size({"width": PAPER[0], "height": PAPER[1]})
    broken = []
    for name, ids in (
        ("invoice", [invoice.id]),
        ("payment", [payment.id]),
        ("customer", [world.customer.id]),
        ("customer_statement", [world.customer.id]),
        ("invoice_list", []),
        ("journal", []),
        ("trial_balance", []),
    ):
        page.goto(reverse(f"console:{name}", args=ids))
        page.emulate_media(media="print")  # of this page: the next one is on the screen again
        broken += [f"{name}: shows {each}" for each in page.evaluate(SHOWS)]
        broken += [f"{name}: cut {each}" for each in page.evaluate(CUT)]
        assert page.locator("h1").first.is_visible()
        assert page.pdf(format="A4").startswith(b"%PDF")
    assert not broken, "\\n".join(broken)
