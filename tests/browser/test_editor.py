"""The invoice editor in a real browser: by keys alone, kept by itself, and nothing lost whatever happens."""

from __future__ import annotations

import re
import time

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from allsquare.billing.models import Invoice
from allsquare.cli.steps import wait_until
from allsquare.customers.models import Customer
from allsquare.identity.roles import Role
from allsquare.web.console.live.hub import HUB
from tests.browser.desk import PHONE, WIDE, Desk, desk
from tests.browser.reader import complaints
from tests.factories import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["desk"]

NEW = "/invoices/new/"
KEPT = re.compile(r"^Saved ")


def drafts(desk: Desk) -> list[Invoice]:
    return list(Invoice.objects.filter(organization=desk.world.organization).order_by("created_at"))


def descriptions(invoice: Invoice) -> list[str]:
    return [line.description for line in invoice.lines.order_by("position")]


def status(page: Page) -> Locator:
    return page.locator("#editor-status")


def choose_customer(page: Page, name: str = "Grace Buyer") -> None:
    page.locator("#id_customer").fill(name[:5])
    page.get_by_role("option", name=name).click()


def a_line(page: Page, text: str = "Work", price: str = "100") -> None:
    page.locator("#id_lines-0-description").fill(text)
    page.locator("#id_lines-0-unit_price").fill(price)


def sign_in(context: BrowserContext, client: Client, base_url: str) -> None:
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base_url}
    context.add_cookies([cookie])  # type: ignore[list-item]  # a cookie by its address


def test_from_nothing_to_sent_by_keys_alone(desk: Desk) -> None:
    """A customer and an item are entered on the way; the editor is never left, the mouse never touched."""
    page = desk.page()
    page.goto(reverse("console:home"))
    page.keyboard.press("c")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/invoices/new/$"))
    page.locator("#id_customer").focus()
    page.keyboard.type("Keyboard & Sons")
    expect(page.get_by_role("option", name="New customer: Keyboard & Sons")).to_be_visible()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_have_value("Keyboard & Sons")
    expect(dialog.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("keys@example.com")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#id_customer")).to_be_focused()
    expect(page.locator("#id_customer")).to_have_value("Keyboard & Sons")

    page.locator("#id_lines-0-item").focus()
    page.keyboard.type("Tuning")
    expect(page.get_by_role("option", name="New item: Tuning")).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Price of one unit")).to_be_focused()
    page.keyboard.type("250")
    page.keyboard.press("Enter")
    expect(page.locator("#id_lines-0-description")).to_have_value("Tuning")
    expect(page.locator("#id_lines-0-unit_price")).to_have_value("250.00")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#id_lines-0-quantity")).to_be_focused()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.locator("#id_lines-1-description")).to_be_focused()
    page.keyboard.type("Strings")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.type("100")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#id_lines-0-description")).to_have_value("Strings")
    expect(page.locator("#id_lines-0-unit_price")).to_be_focused()
    expect(page.locator("#totals")).to_contain_text("€714.00")

    page.get_by_role("button", name="Review and send").focus()
    page.keyboard.press("Enter")
    expect(page.frame_locator("iframe.letter").get_by_text("€714.00").first).to_be_visible()
    page.get_by_role("button", name="Issue and send €714.00").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("on its way to keys@example.com")).to_be_visible()
    assert descriptions(desk.only_invoice()) == ["Strings", "Tuning"]


def test_a_newcomer_types_the_first_customer_right_there(desk: Desk) -> None:
    """Six interactions from the empty editor to the invoice that is sent."""
    desk.world.customer.delete()
    page = desk.page()
    page.goto(NEW)
    page.get_by_label("Customer's name").fill("First & Co")
    page.get_by_label("Customer's e-mail").fill("first@example.com")
    a_line(page)
    page.get_by_role("button", name="Review and send").click()
    page.get_by_role("button", name="Issue and send €119.00").click()
    expect(page.get_by_text("on its way to first@example.com")).to_be_visible()
    assert Customer.objects.get(organization=desk.world.organization).name == "First & Co"


def test_the_draft_keeps_itself_and_its_address_becomes_the_pages(desk: Desk) -> None:
    page = desk.page()
    page.goto(NEW)
    a_line(page)
    expect(status(page)).to_have_text(re.compile("Not saved yet: Say who"))
    choose_customer(page)
    expect(status(page)).to_have_text(KEPT)
    (draft,) = drafts(desk)
    expect(page).to_have_url(re.compile(f"/invoices/{draft.id}/edit/$"))
    page.locator("#id_lines-0-description").fill("Better work")
    expect(status(page)).not_to_have_text(KEPT)
    expect(status(page)).to_have_text(KEPT)
    expect(page.locator("#id_lines-0-description")).to_be_focused()
    page.reload()
    expect(page.locator("#id_lines-0-description")).to_have_value("Better work")
    expect(page.locator("#editor-notice")).to_be_empty()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    assert [descriptions(each) for each in drafts(desk)] == [["Better work"]]


def test_a_button_pressed_while_it_saves_makes_no_second_draft_and_no_quarrel(desk: Desk) -> None:
    page = desk.page()
    page.goto(NEW)
    page.route("**/save/", slowly)
    with page.expect_request("**/save/"):  # asked for by the focus, or by itself where typing takes long
        choose_customer(page)
        a_line(page)
        page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.get_by_role("button", name="Save draft").dblclick()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    assert len(drafts(desk)) == 1
    page.goto(NEW)
    expect(page.locator("#editor-notice")).to_be_empty()


def slowly(route: Route) -> None:
    time.sleep(0.7)
    route.continue_()


def two_writers(desk: Desk) -> tuple[Page, Page, Invoice]:
    """Both have opened the same draft; the first has saved other words."""
    draft = desk.world.draft(text="Before")
    first, second = desk.page(), desk.page()
    for page in (first, second):
        page.goto(reverse("console:invoice_edit", args=[draft.id]))
    first.locator("#id_lines-0-description").fill("Theirs")
    expect(status(first)).to_have_text(KEPT)
    second.locator("#id_lines-0-description").fill("Mine")
    expect(second.get_by_text("Owner changed this draft at")).to_be_visible()
    expect(second.locator("#id_lines-0-description")).to_have_value("Mine")
    assert descriptions(draft) == ["Theirs"]
    return first, second, draft


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ("Take theirs", [["Theirs"]]),
        ("Keep mine", [["Mine"]]),
        ("Keep mine as a new draft", [["Theirs"], ["Mine"]]),
    ],
)
def test_the_second_of_two_writers_is_told_at_once_and_chooses(
    desk: Desk, choice: str, kept: list[list[str]]
) -> None:
    _first, second, _draft = two_writers(desk)
    second.get_by_role("button", name=choice, exact=True).click()
    if choice == "Take theirs":
        expect(second.locator("#id_lines-0-description")).to_have_value("Theirs")
    else:
        expect(status(second)).to_have_text(KEPT)
    expect(second.locator("#editor-notice")).to_be_empty()
    assert [descriptions(each) for each in drafts(desk)] == kept


def test_a_session_that_ends_in_the_middle_loses_nothing(desk: Desk) -> None:
    page = desk.page()
    page.goto(NEW)
    choose_customer(page)
    a_line(page)
    expect(status(page)).to_have_text(KEPT)
    Session.objects.all().delete()
    page.locator("#id_lines-0-description").fill("Typed for an hour")
    expect(page.get_by_text("You are signed out")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in").click()
    expect(opened.value).to_have_url(re.compile("next=/signed-in/"))
    # The other tab signs in: the session and the proof of origin are new ones.
    clerk = desk.world.client(Role.OWNER)
    sign_in(page.context, clerk, desk.base_url)
    page.context.clear_cookies(name="csrftoken")
    expect(page.get_by_text("You are signed out")).to_be_hidden()
    expect(status(page)).to_have_text(KEPT)
    assert [descriptions(each) for each in drafts(desk)] == [["Typed for an hour"]]
    # Totals that were asked for with the old proof of origin are refused, and asked for again.
    desk.complaints[:] = [each for each in desk.complaints if "403 from /invoices/totals/" not in each]


def test_without_a_network_it_is_kept_here_and_offered_back(desk: Desk) -> None:
    page = desk.page()
    page.goto(NEW)
    choose_customer(page)
    page.context.set_offline(True)
    a_line(page, "Written on a train")
    expect(status(page)).to_have_text(re.compile("the server cannot be reached"))
    desk.complaints.clear()  # of the network
    context = page.context
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(NEW)
    expect(page.get_by_text("What you typed was not saved")).to_be_visible()
    page.get_by_role("button", name="Bring it back").click()
    expect(page.locator("#id_lines-0-description")).to_have_value("Written on a train")
    expect(page.locator("#id_customer")).to_have_value("Grace Buyer")
    expect(status(page)).to_have_text(KEPT)
    assert [descriptions(each) for each in drafts(desk)] == [["Written on a train"]]
    page.goto(NEW)
    expect(page.locator("#editor-notice")).to_be_empty()


def test_rows_of_a_spreadsheet_become_lines(desk: Desk) -> None:
    page = desk.page()
    page.goto(NEW)
    choose_customer(page)
    rows = 'Analysis\t2\th\t€ 1,250.50\r\n"Report, with ""quotes""\nand two lines"\t1\t300,00\r\nTravel\t45.5\r\n'
    paste(page, rows)
    for place, (text, quantity, unit, price) in enumerate(
        [
            ("Analysis", "2", "HUR", "1250.50"),
            ('Report, with "quotes"\nand two lines', "1", "C62", "300.00"),
            ("Travel", "1", "C62", "45.5"),
        ]
    ):
        row = f"#id_lines-{place}"
        expect(page.locator(f"{row}-description")).to_have_value(text)
        expect(page.locator(f"{row}-quantity")).to_have_value(quantity)
        expect(page.locator(f"{row}-unit")).to_have_value(unit)
        expect(page.locator(f"{row}-unit_price")).to_have_value(price)
    expect(page.locator("#totals")).to_contain_text("€2,846.50")
    expect(status(page)).to_have_text(KEPT)
    assert len(descriptions(drafts(desk)[0])) == 3


def paste(page: Page, text: str) -> None:
    page.locator("#id_lines-0-description").focus()
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
        }""",
        text,
    )


def test_more_rows_than_fit_are_told_and_the_rest_is_there(desk: Desk) -> None:
    page = desk.page()
    page.goto(NEW)
    paste(page, "".join(f"Row {number}\t1\t2.00\n" for number in range(600)))
    expect(page.locator("[data-line]")).to_have_count(500)
    expect(page.locator("#editor-notice")).to_contain_text("An invoice has at most 500 lines here.")


def test_words_typed_before_the_scripts_came_are_heard(desk: Desk) -> None:
    """A phone on a slow line shows the form long before what brings it to life."""
    page = desk.page()
    late: list[Route] = []
    page.route(re.compile(r"/combobox[^/]*\.js"), lambda route: late.append(route))
    page.goto(NEW, wait_until="commit")
    page.locator("#id_customer").focus()
    page.keyboard.type("Grace")
    expect(page.locator(".combobox-option")).to_have_count(0)
    while not late:
        page.wait_for_timeout(20)
    late.pop().continue_()
    page.get_by_role("option", name="Grace Buyer").click()
    expect(page.locator("#id_customer")).to_have_value("Grace Buyer")


def test_the_picker_behaves_as_its_pattern_says(desk: Desk) -> None:
    for number in range(15):
        make_customer(desk.world.organization, name=f"Harbour {number:02}")
    page = desk.page()
    page.goto(NEW)
    box = page.locator("#id_customer")
    box.focus()
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".combobox-note:visible")).to_have_text("There are more. Type another letter.")
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("harbour 1")
    first = page.get_by_role("option", name="Harbour 10")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", str(first.get_attribute("id")))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(box).to_have_value("Harbour 11")
    box.focus()
    page.keyboard.type("zzz")
    page.keyboard.press("Escape")
    expect(box).to_have_value("Harbour 11")
    box.fill("Harbour 03")
    page.keyboard.press("Enter")  # quicker than the server
    wanted = Customer.objects.get(organization=desk.world.organization, name="Harbour 03")
    expect(page.locator("[name=customer]")).to_have_value(str(wanted.id))
    expect(page.get_by_role("listbox")).to_be_hidden()


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (PHONE, "light")], ids=["wide", "phone"])
def test_open_pickers_dialogs_and_notices_fit_and_are_read_aloud(
    desk: Desk, size: tuple[int, int], scheme: str
) -> None:
    page = desk.page(size, scheme=scheme, axe=True)
    page.goto(NEW)
    page.evaluate(
        "new PerformanceObserver(list => { window.shift = (window.shift || 0) + list.getEntries()"
        ".filter(each => !each.hadRecentInput).reduce((sum, each) => sum + each.value, 0) })"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    page.locator("#id_customer").fill("Gra")
    expect(page.get_by_role("option", name="Grace Buyer")).to_be_visible()
    sound(page, size)
    assert page.evaluate("window.shift || 0") < 0.1
    page.get_by_role("option", name=re.compile("New customer")).click()
    page.get_by_role("dialog").get_by_label("Name").fill("")
    page.get_by_role("button", name="Enter customer").click()
    expect(page.locator("#new_customer_name_error")).to_be_visible()
    sound(page, size)
    page.keyboard.press("Escape")
    # An error moves what is below it in the dialog, and nothing of the page.
    page.evaluate("window.shift = 0")
    a_line(page)
    page.evaluate("document.dispatchEvent(new CustomEvent('editor:notice', { detail: 'Something to know' }))")
    sound(page, size)
    assert page.evaluate("window.shift || 0") < 0.1


def sound(page: Page, size: tuple[int, int]) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert complaints(page) == []


def test_the_invoices_page_shows_a_payment_when_it_lands(desk: Desk) -> None:
    invoice = desk.world.issued()
    page = desk.page()
    page.goto(reverse("console:invoice", args=[invoice.id]))
    expect(page.get_by_role("link", name="Record payment")).to_be_visible()
    wait_until(lambda: len(HUB) == 1, "The page opened no stream.", seconds=30)
    desk.world.paid(invoice)
    expect(page.locator("#invoice-head")).to_contain_text("paid")
    expect(page.get_by_text("Payment of €119.00 succeeded")).to_be_visible()
    expect(page.get_by_role("link", name="Record payment")).to_be_hidden()
