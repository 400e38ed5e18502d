"""Rules for who takes which payments, in a real browser."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.payments.models import GatewayAccount, PaymentRoute
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests.browser.desk import LOOKS, Desk, desk, fits
from tests.sandbox_process import SandboxProcess

__all__ = ["desk"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@LOOKS
def test_a_rule_is_written_put_first_and_tried(
    desk: Desk, sandbox_process: SandboxProcess, size: tuple[int, int], scheme: str
) -> None:
    organization = desk.world.organization
    for label in ("Shop", "Spare"):
        add_gateway_account(
            organization=organization,
            gateway="sandbox",
            label=label,
            settings=sandbox_process.account().settings,
            actor=SYSTEM,
        )
    desk.world.group()
    page = desk.page(size, scheme=scheme)

    page.goto(reverse("console:payment_route_list"))
    fits(page)
    for currency, least, first in (("", "", "Shop"), ("EUR", "1000", "Spare")):
        page.get_by_role("link", name="New rule").click()
        fits(page)
        page.get_by_label("Currency").select_option(currency)
        page.get_by_label("From").fill(least)
        page.get_by_label("First").select_option(label=first)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The rule is saved.")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Ask “from €1,000.00” earlier").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Spare alone")
    assert list(
        PaymentRoute.objects.filter(organization=organization)
        .order_by("place")
        .values_list("currency", flat=True)
    ) == ["EUR", "   "]

    page.get_by_label("Amount").fill("1500")
    page.get_by_role("button", name="Who would take it?").click()
    expect(page.get_by_text("Rule 1 fits: from €1,000.00.")).to_be_visible()
    expect(page.get_by_role("status").get_by_text("Spare takes it.")).to_be_visible()
    now = clock.now(None)
    GatewayAccount.objects.filter(organization=organization, label="Spare").update(
        down_since=now, probe_at=now
    )
    page.reload()
    expect(page.get_by_text("is asked all the same: nobody else can.")).to_be_visible()
    expect(page.get_by_role("row", name="Spare does not answer")).to_be_visible()
    fits(page)

    page.goto(reverse("console:customer_group_list"))
    page.get_by_label("Name").fill("Resellers")
    page.get_by_role("button", name="Add group").click()
    expect(page.get_by_role("link", name="Resellers")).to_be_visible()
    fits(page)
    assert desk.complaints == []
