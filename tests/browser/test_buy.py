"""Somebody buys by a payment link, and pays an invoice in parts: in a real browser, at a real provider."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from allsquare.billing.models import Invoice
from allsquare.core.ratelimit import Limit
from allsquare.identity.models import Organization
from allsquare.selling.addresses import link_url
from allsquare.selling.models import Sale
from allsquare.web.portal import presses
from tests.browser.desk import Desk
from tests.browser.reader import complaints
from tests.browser.shop import GOOD, PHONE, POOR, WIDE, Shop, pay_by_card, shop
from tests.browser.test_pay_looks import TOO_SMALL
from tests.selling.makers import make_link, vat

__all__ = ["shop"]  # the fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def looked_at(page: Page, size: tuple[int, int], place: Path) -> Iterator[str]:
    """What is wrong with the page as it stands; its picture is left in ``place``."""
    page.wait_for_load_state()
    page.screenshot(path=place, full_page=True)
    if page.locator("body").evaluate("() => document.documentElement.scrollWidth") != size[0]:
        yield "wider than the window"
    if size == PHONE:
        yield from page.evaluate(TOO_SMALL)
    yield from (f"{rule}: {html}" for rule, html in complaints(page))


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (WIDE, "dark")])
def test_bought_with_a_tip_after_a_decline(
    shop: Shop, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    vat(shop.organization)
    link = make_link(
        shop.organization,
        name="Führung durch den Hafen",
        description="Sonntags um elf, mit Kaffee.",
        price_minor=None,
        least_minor=500,
        suggested=[1000, 2000],
        tips=[5, 10],
        most=4,
        limit=30,
    )
    page = shop.page(size, scheme=scheme, looks=True)
    wrong: list[str] = []

    def look(name: str) -> None:
        wrong.extend(f"{name}: {each}" for each in looked_at(page, size, tmp_path / f"{name}.png"))

    page.goto(f"{shop.base_url}/buy/{link.token}/")
    look("choose")
    page.get_by_label("How many?").fill("2")
    page.get_by_text("10 %").click()
    page.get_by_role("button", name="Go on").click()
    look("pay")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("button", name="Pay €22.00").click()
    pay_by_card(page, POOR)
    expect(page.get_by_text("Nothing was charged.")).to_be_visible()
    look("declined")
    assert not Invoice.objects.filter(organization=shop.organization).exists()
    page.goto(f"{shop.base_url}/buy/{link.token}/?quantity=2&price=10.00&tip=10")
    page.get_by_role("button", name="Pay €22.00").click()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    look("paid")
    states = (
        Sale.objects.filter(organization=shop.organization).order_by("id").values_list("state", flat=True)
    )
    assert list(states) == ["given_up", "sold"]
    assert link_url(link).endswith(f"/buy/{link.token}/")
    assert not wrong


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (WIDE, "light")])
def test_the_last_of_it_is_being_paid_and_too_many_presses(
    shop: Shop, tmp_path: Path, size: tuple[int, int], scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vat(shop.organization)
    link = make_link(shop.organization, name="Führung durch den Hafen", limit=1)
    other, page = shop.page(size, looks=True), shop.page(size, scheme=scheme, looks=True)
    other.goto(f"{shop.base_url}/buy/{link.token}/")
    other.get_by_role("button", name="Pay €11.90").click()
    expect(other.get_by_label("Card number")).to_be_visible()
    page.goto(f"{shop.base_url}/buy/{link.token}/")
    expect(page.get_by_text("Somebody is paying for the last of it")).to_be_visible()
    wrong = list(looked_at(page, size, tmp_path / "kept-back.png"))
    page.get_by_role("button", name="Pay €11.90").click()
    expect(page.get_by_text("Try again in a few minutes.")).to_be_visible()
    wrong += looked_at(page, size, tmp_path / "not-yet.png")
    monkeypatch.setattr(presses, "FROM_ONE_ADDRESS", Limit("pay-press", most=1, within=timedelta(minutes=5)))
    page.goto(f"{shop.base_url}/buy/{link.token}/")
    page.get_by_role("button", name="Pay €11.90").click()
    expect(page.get_by_text("Nothing was charged. Try again in")).to_be_visible()
    wrong += looked_at(page, size, tmp_path / "too-many.png")
    assert not wrong


def test_a_part_is_chosen_and_paid_without_scripts(shop: Shop, tmp_path: Path) -> None:
    Organization.objects.filter(id=shop.organization.id).update(part_payments=True, on_account=True)
    invoice, page = shop.invoice(), shop.page(looks=False, scripts=False)
    page.goto(shop.link(invoice))
    page.get_by_text("Pay another amount").click()
    page.get_by_label("Amount (EUR)").fill("12")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_text("pay at least €123.40")).to_be_visible()
    page.screenshot(path=tmp_path / "too-little.png", full_page=True)
    page.get_by_label("Amount (EUR)").fill("400")
    page.get_by_role("button", name="Change").click()
    page.screenshot(path=tmp_path / "part.png", full_page=True)
    page.get_by_role("button", name="Pay €400.00").click()
    pay_by_card(page, GOOD)
    expect(page.get_by_text("€834.00 of this invoice is still to be paid")).to_be_visible()


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_its_pages_at_the_console(desk: Desk, tmp_path: Path, size: tuple[int, int], scheme: str) -> None:
    link = desk.world.payment_link()
    page = desk.page(size, scheme=scheme, axe=True)
    wrong = []
    for name, address in {
        "list": "/payment-links/",
        "new": "/payment-links/new/",
        "link": f"/payment-links/{link.id}/",
        "poster": f"/payment-links/{link.id}/poster/",
        "paying": "/settings/paying/",
    }.items():
        page.goto(address)
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        if page.locator("body").evaluate("() => document.documentElement.scrollWidth") != size[0]:
            wrong.append(f"{name}: wider than the window")
        wrong += [f"{name}: {rule}: {html}" for rule, html in complaints(page)]
    assert not wrong
