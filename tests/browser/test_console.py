"""The console in a real browser: the editor lives, dialogs ask, and nothing complains, wide and on a phone."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from allsquare.payments.models import Payment, Refund
from tests.browser.desk import Desk
from tests.factories import make_organization
from tests.web.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAYLOAD = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


def test_an_invoice_is_written_with_live_totals_and_never_loses_the_focus(desk: Desk) -> None:
    item = desk.world.item(name="Consulting", price="80.00", unit="HUR")
    page = desk.page()
    page.goto(reverse("console:invoice_new"))
    page.locator("#id_customer").fill("Grace")
    page.get_by_role("option", name="Grace Buyer").click()
    page.locator("#id_lines-0-item").fill(item.name[:4])
    page.get_by_role("option", name=item.name).click()
    expect(page.locator("#id_lines-0-description")).to_have_value("Consulting")
    expect(page.locator("#amount-0")).to_have_text("€80.00")
    expect(page.locator("#id_lines-0-item")).to_be_focused()
    page.locator("#id_lines-0-quantity").fill("3")
    expect(page.locator("#totals")).to_contain_text("€285.60")
    expect(page.locator("#amount-0")).to_have_text("€240.00")
    expect(page.locator("#id_lines-0-quantity")).to_be_focused()
    page.locator("#id_lines-2-description").fill("Last")
    page.get_by_role("button", name="Add line").click()
    expect(page.locator("#id_lines-3-description")).to_be_focused()
    page.keyboard.type("By the way")
    page.locator("#id_lines-3-unit_price").fill("10")
    expect(page.locator("#totals")).to_contain_text("€297.50")
    page.get_by_role("button", name="Remove line 3").click()
    page.get_by_role("button", name="Remove line 2").click()
    expect(page.locator(".line[role=group]")).to_have_count(2)
    expect(page.locator("#id_lines-1-description")).to_have_value("By the way")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    assert desk.only_invoice().total_minor == 29750


def test_without_scripts_the_same_invoice_is_written(desk: Desk) -> None:
    page = desk.page(scripts=False)
    page.goto(reverse("console:invoice_new"))
    page.locator("select#id_customer").select_option(label="Grace Buyer")
    page.locator("#id_lines-0-description").fill("Work")
    page.locator("#id_lines-0-unit_price").fill("100")
    page.get_by_role("button", name="Add line").click()
    expect(page.locator(".line[role=group]")).to_have_count(6)
    expect(page.locator("#id_lines-0-unit_price")).to_have_value("100")
    page.get_by_role("button", name="Move line 1 down").click()
    expect(page.locator("#id_lines-1-unit_price")).to_have_value("100")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("link", name="Review and send").click()
    page.get_by_role("button", name="Issue and send €119.00").click()
    expect(page.get_by_role("heading", name="INV-00001")).to_be_visible()


def test_an_error_takes_the_reader_to_its_field(desk: Desk) -> None:
    page = desk.page()
    page.goto(reverse("console:invoice_new"))
    page.locator("#id_lines-1-unit_price").fill("12,50")
    page.locator("#id_lines-1-description").fill("Kept")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("[data-focus]")).to_be_focused()
    page.get_by_role("link", name="Line 2, Price").click()
    expect(page.locator("#id_lines-1-unit_price")).to_be_focused()
    expect(page.locator("#id_lines-1-unit_price")).to_have_value("12,50")
    expect(page.locator("#id_lines-1-description")).to_have_value("Kept")


def test_dialogs_ask_before_money_moves(desk: Desk) -> None:
    payment = desk.world.paid(desk.world.issued())
    page = desk.page()
    page.goto(reverse("console:payment", args=[payment.id]))
    page.get_by_role("button", name="Refund").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Up to €119.00 goes back")
    dialog.get_by_role("button", name="Keep as it is").click()
    expect(dialog).to_be_hidden()
    assert not Refund.objects.filter(organization=desk.world.organization).exists()
    page.get_by_role("button", name="Refund").click()
    dialog.get_by_label("Amount to give back").fill("19.00")
    dialog.get_by_role("button", name="Refund").dblclick()
    expect(page.get_by_text("€19.00 is given back.")).to_be_visible()
    assert Refund.objects.filter(organization=desk.world.organization).count() == 1


def test_a_double_click_records_one_payment(desk: Desk) -> None:
    invoice = desk.world.issued()
    page = desk.page()
    page.goto(reverse("console:payment_record", args=[invoice.id]))
    page.get_by_role("button", name="Record payment").dblclick()
    expect(page.get_by_role("heading", name="What this payment did")).to_be_visible()
    assert Payment.objects.filter(organization=desk.world.organization).count() == 1


def test_search_is_a_key_away(desk: Desk) -> None:
    invoice = desk.world.issued()
    page = desk.page()
    page.goto(reverse("console:home"))
    page.keyboard.press("/")
    page.keyboard.type(str(invoice.number))
    page.keyboard.press("Enter")
    page.get_by_role("link", name=str(invoice.number)).click()
    expect(page).to_have_url(re.compile(str(invoice.id)))


def test_typed_text_is_inert_and_the_letter_shows_in_its_frame(desk: Desk) -> None:
    world = World(make_organization(name="Harbour"))
    desk.world = world
    world.customer.name = PAYLOAD
    world.customer.save()
    invoice = world.issued()
    mail = world.mail(invoice)
    page = desk.page()
    for address in (
        reverse("console:customer", args=[world.customer.id]),
        reverse("console:invoice", args=[invoice.id]),
        reverse("console:invoice_new"),
        reverse("console:mail", args=[mail.id]),
    ):
        page.goto(address)  # with all that is loaded in it
        assert page.title() != "taken"
        assert page.locator("img[src=x]").count() == 0
    frame = page.frame_locator("iframe.letter")
    expect(frame.get_by_text("€119.00").first).to_be_visible()
