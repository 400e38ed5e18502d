"""Each form of the settings in a real browser: a wrong value is told at its field and costs nobody what they typed;
what was saved is there when the page is loaded anew."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import FilePayload, Page, expect
from pytest_django.fixtures import Settings

from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount
from tests.browser.desk import LOOKS, Desk, desk, fits, refused
from tests.sandbox_process import SandboxAccount
from tests.smtp import Smtp, smtp
from tests.web.console.settings.test_branding import PNG

__all__ = ["desk", "smtp"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def save(page: Page, name: str = "Save") -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def said(page: Page, sentence: str) -> None:
    expect(page.locator("#messages").get_by_text(sentence)).to_be_visible()


@LOOKS
def test_what_the_organization_says_of_itself_and_how_customers_pay(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:settings_organization"))
    fits(page)
    page.get_by_label("Street and number").fill("Kai 1")
    page.get_by_label("City").fill("Kiel")
    page.get_by_label("IBAN").fill("DE02 1203 0000 0000 2020 52")
    page.get_by_label("Days to pay").fill("21")
    page.get_by_label("Time zone").select_option("Europe/Vienna")
    page.get_by_label("Tax is rounded").select_option(label="On every line")
    save(page)
    refused(page, "id_iban", "IBAN")
    for label, kept in (("Street and number", "Kai 1"), ("City", "Kiel"), ("Days to pay", "21")):
        expect(page.get_by_label(label)).to_have_value(kept)
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Vienna")
    page.get_by_label("IBAN").fill("DE02 1203 0000 0000 2020 51")
    page.get_by_label("Days to pay").fill("999")
    save(page)
    refused(page, "id_payment_days", "It must be 366 or less.")
    page.get_by_label("Days to pay").fill("21")
    save(page)
    said(page, "Saved.")
    page.reload()
    expect(page.get_by_label("Street and number")).to_have_value("Kai 1")
    expect(page.get_by_label("IBAN")).to_have_value("DE02120300000000202051")
    expect(page.get_by_label("Tax is rounded")).to_have_value("per_line")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Vienna")
    page.get_by_label("Currency of the books").select_option("CHF")
    page.get_by_label("City").fill("Husum")
    save(page)
    said(page, "Saved.")
    page.reload()
    expect(page.get_by_label("Currency of the books")).to_have_value("CHF")
    expect(page.get_by_label("City")).to_have_value("Husum")
    fits(page)

    page.goto(reverse("console:settings_paying"))
    page.get_by_label("Customers may pay an invoice in parts").check()
    page.get_by_label("Smallest part").fill("0")
    page.get_by_label("Customers may pay on account").check()
    save(page)
    refused(page, "id_least_part_percent", "It must be 1 or more.")
    expect(page.get_by_label("Customers may pay on account")).to_be_checked()
    page.get_by_label("Smallest part").fill("25")
    save(page)
    said(page, "Saved.")
    page.reload()
    expect(page.get_by_label("Smallest part")).to_have_value("25")
    expect(page.get_by_label("Customers may pay an invoice in parts")).to_be_checked()
    expect(page.get_by_label("Customers may pay several invoices together")).to_be_checked()
    fits(page)


@LOOKS
def test_a_sender_a_test_mail_that_arrives_and_one_that_does_not(
    desk: Desk, smtp: Smtp, size: tuple[int, int], scheme: str
) -> None:
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:settings_mail"))
    page.get_by_label("Name of the sender").fill("Billing at the Harbour")
    page.get_by_label("Answers go to").fill("nobody")
    save(page)
    refused(page, "id_reply_to", "valid email address")
    expect(page.get_by_label("Name of the sender")).to_have_value("Billing at the Harbour")
    expect(page.get_by_label("Answers go to")).to_have_value("nobody")
    page.get_by_label("Answers go to").fill("billing@harbour.example")
    save(page)
    said(page, "Saved.")
    page.reload()
    expect(page.get_by_label("Answers go to")).to_have_value("billing@harbour.example")
    expect(page.get_by_text(f"127.0.0.1:{smtp.port}")).to_be_visible()

    page.get_by_role("button", name="Send a test to me").click()
    said(page, "The mail server took a mail to")
    [caught] = smtp.mails
    assert "Billing at the Harbour" in str(caught.message["From"])
    assert caught.message["Reply-To"] == "billing@harbour.example"
    smtp.stop()
    page.get_by_role("button", name="Send a test to me").click()
    said(page, "The test mail did not go out.")
    fits(page)

    page.goto(reverse("console:settings_languages"))
    page.get_by_label("Language of the organization").select_option("de")
    save(page)
    expect(page.get_by_label("Sprache der Organisation")).to_have_value(
        "de"
    )  # and the console speaks it at once
    fits(page)
    assert Organization.objects.get(id=desk.world.organization.id).language == "de"


@LOOKS
def test_a_logo_and_a_colour(desk: Desk, size: tuple[int, int], scheme: str) -> None:
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:settings_branding"))
    logo, colour = page.get_by_label("Logo"), page.get_by_label("Colour")
    good = FilePayload(name="logo.png", mimeType="image/png", buffer=PNG)
    logo.set_input_files(FilePayload(name="logo.png", mimeType="image/png", buffer=b"GIF89a nothing"))
    colour.fill("#ffcc00")
    save(page)
    refused(page, "id_logo", "PNG, JPEG or SVG")
    expect(colour).to_have_value("#ffcc00")
    button = page.locator(".brand-preview .btn-primary")
    expect(button).to_have_css("background-color", "rgb(255, 204, 0)")  # what is typed, not what is stored
    logo.set_input_files(good)
    colour.fill("yellow")
    save(page)
    refused(page, "id_brand_color", "Write the colour like #1f5fcd.")
    refused(page, "id_logo", "Choose the picture again")
    expect(colour).to_have_value("yellow")
    expect(page.get_by_alt_text("The logo as it is now")).to_have_count(0)
    logo.set_input_files(good)
    colour.fill("#FC0")
    save(page)
    said(page, "Saved.")
    page.reload()
    expect(page.get_by_alt_text("The logo as it is now")).to_be_visible()
    assert page.get_by_alt_text("The logo as it is now").evaluate("image => image.naturalWidth") > 0
    expect(colour).to_have_value("#ffcc00")
    fits(page)
    page.get_by_label("Remove the logo").check()
    save(page)
    said(page, "Saved.")
    expect(page.get_by_alt_text("The logo as it is now")).to_have_count(0)
    expect(page.get_by_label("Remove the logo")).to_have_count(0)


@LOOKS
def test_tax_rates_begin_and_end_and_numbers_go_on(desk: Desk, size: tuple[int, int], scheme: str) -> None:
    page = desk.page(size, scheme=scheme)
    first = date(2020, 1, 1)
    page.goto(reverse("console:tax_rate_list"))
    fits(page)
    page.get_by_role("link", name="New tax rate").first.click()
    page.get_by_label("Name").fill("Reduced")
    page.get_by_label("Rate in percent").fill("seven")
    page.get_by_label("First day").fill(str(first))
    save(page, "Add tax rate")
    refused(page, "id_percent", "Write it like")
    expect(page.get_by_label("Name")).to_have_value("Reduced")
    expect(page.get_by_label("Rate in percent")).to_have_value("seven")
    expect(page.get_by_label("First day")).to_have_value(str(first))
    page.get_by_label("Rate in percent").fill("107")
    save(page, "Add tax rate")
    refused(page, "id_percent", "between 0 and 100")
    page.get_by_label("Rate in percent").fill("7")
    page.get_by_role("button", name="Add tax rate").dblclick()
    said(page, "Reduced is added.")
    expect(page.get_by_role("cell", name="Reduced", exact=True)).to_have_count(1)
    page.get_by_role("link", name="End Reduced").click()
    page.get_by_label("Last day").fill("2019-12-31")
    save(page, "Set the last day")
    refused(page, "id_valid_until", "it cannot end before")
    page.get_by_label("Last day").fill(str(first))
    save(page, "Set the last day")
    said(page, "Reduced has its last day.")
    expect(page.get_by_role("cell", name="Reduced (ended)")).to_be_visible()
    fits(page)

    page.goto(reverse("console:settings_numbering"))
    notes = page.locator("#numbering-credit_note")
    notes.get_by_label("Begins with").fill(page.locator("#id_begins_with").input_value())
    notes.get_by_label("Digits at least").fill("6")
    notes.get_by_role("button", name="Save").click()
    refused(page, "credit_note_begins_with", "must not begin alike")
    expect(notes.get_by_label("Digits at least")).to_have_value("6")
    notes.get_by_label("Begins with").fill("GS-")
    notes.get_by_label("Next number").fill("42")
    expect(page.locator("#next-credit_note")).to_have_text("GS-000042")
    notes.get_by_role("button", name="Save").click()
    said(page, "The next credit note will be GS-000042.")
    page.reload()
    expect(notes.get_by_label("Next number")).to_have_value("42")
    expect(page.locator("#next-credit_note")).to_have_text("GS-000042")
    fits(page)


@LOOKS
def test_a_provider_is_added_tried_mended_and_switched_off(
    desk: Desk, sandbox: SandboxAccount, settings: Settings, size: tuple[int, int], scheme: str
) -> None:
    settings.BASE_URL = desk.base_url
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:gateway_list"))
    fits(page)
    page.get_by_role("link", name="Add Sandbox (no real money)").click()
    name, key, secret = (
        page.get_by_label("Name"),
        page.get_by_label("API key"),
        page.get_by_label("Webhook secret"),
    )
    name.fill("By hand")  # another account has it
    page.get_by_label("Address").fill(sandbox.base_url)
    key.fill("sk_sandbox_wrong")
    secret.fill(sandbox.webhook_secret)
    save(page, "Add")
    refused(page, "id_label", "There is a payment provider of this name already.")
    refused(page, "id_api_key", "Enter it again")
    expect(page.get_by_label("Address")).to_have_value(sandbox.base_url)
    hidden(page, sandbox)
    name.fill("Shop")
    key.fill("sk_sandbox_wrong")
    secret.fill(sandbox.webhook_secret)
    save(page, "Add")
    said(page, "Shop is added, and off, since it is in test mode. Test the connection next.")
    hidden(page, sandbox)

    test = page.get_by_role("button", name="Test the connection")
    test.click()
    said(page, "The connection does not work. The sandbox does not know this API key.")
    fits(page)
    key.fill(sandbox.api_key)
    name.fill("By hand")
    save(page)
    refused(page, "id_label", "There is a payment provider of this name already.")
    refused(page, "id_api_key", "Enter it again")  # left empty it would keep the wrong one
    hidden(page, sandbox)
    name.fill("Shop")
    key.fill(sandbox.api_key)
    save(page)
    said(page, "Shop is saved.")
    test.click()
    said(page, "The sandbox does not know where to send its webhooks. Give it the address.")
    hook = str(page.locator("[data-copy]").first.get_attribute("data-copy"))
    assert hook.startswith(f"{desk.base_url}/hooks/sandbox/")
    sandbox.http.patch("/v1/account", json={"webhook_url": hook}).raise_for_status()
    test.click()
    said(page, "The connection works, in test mode: no real money moves.")

    page.get_by_label("Card").uncheck()
    save(page)
    said(page, "Shop is saved.")
    page.reload()
    expect(page.get_by_label("Card")).not_to_be_checked()
    expect(key).to_have_value("")
    hidden(page, sandbox)
    on_off_and_on(page)
    assert GatewayAccount.objects.get(label="Shop").enabled


def on_off_and_on(page: Page) -> None:
    """It was added in test mode."""
    page.get_by_role("button", name="Switch on to try it").click()
    said(page, "Shop is on: customers can pay with it.")
    page.get_by_role("button", name="Switch off").click()
    page.get_by_role("dialog", name="Switch Shop off?").get_by_role("button", name="Switch off").click()
    said(page, "Shop is off")
    fits(page)
    page.goto(reverse("console:gateway_list"))
    expect(page.get_by_role("row", name=re.compile("Shop.*off"))).to_be_visible()
    page.get_by_role("link", name="Shop").click()
    page.get_by_role("button", name="Switch on").click()
    said(page, "Shop is on: customers can pay with it.")


def hidden(page: Page, account: SandboxAccount) -> None:
    """No secret stands anywhere in the page."""
    shown = page.content()
    assert not [
        value for value in ("sk_sandbox_wrong", account.api_key, account.webhook_secret) if value in shown
    ]
