"""Rules against fraud, the lists, and a second look at a payment, in a real browser."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from allsquare.risk.models import RiskAssessment, RiskSettings
from tests.browser.desk import LOOKS, Desk, desk, fits

__all__ = ["desk"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@LOOKS
def test_a_rule_is_changed_somebody_blocked_and_a_payment_released(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    organization = desk.world.organization
    payment = desk.world.paid(desk.world.issued())
    desk.world.held(payment)
    page = desk.page(size, scheme=scheme)

    page.goto(reverse("console:settings_fraud"))
    rule = page.get_by_role("group", name=re.compile("Many tries with one mail address"))
    expect(rule).to_contain_text("somebody tried 10 times")
    rule.get_by_label("At least").fill("4")
    rule.get_by_label("What it does").select_option(label="Block")
    fits(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(rule).to_contain_text("somebody tried 4 times")
    assert RiskSettings.objects.get(organization=organization).rules == {
        "tries_mail": {"limit": 4, "effect": "block"}
    }

    page.get_by_role("link", name="Blocked and allowed").first.click()
    page.get_by_label("Value").fill("thief@example.com")
    page.get_by_role("button", name="Put on the list").click()
    expect(page.get_by_role("cell", name="thief@example.com", exact=True)).to_be_visible()
    fits(page)

    page.goto(reverse("console:payment", args=[payment.id]))
    expect(page.get_by_text("40 of 100 points")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Release").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(page.get_by_text("The payment is released.")).to_be_visible()
    assert RiskAssessment.objects.get(organization=organization).verdict == "released"
    assert desk.complaints == []
