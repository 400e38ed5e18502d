"""The shared components in a real browser: reachable, readable, quiet, light."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings
from django.test.testcases import LiveServerThread, _StaticFilesHandler
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.desk import LOOKS, PHONE, WIDE
from tests.browser.reader import wrong_by_day_and_night

pytestmark = pytest.mark.browser

GALLERY, PAYER, ERROR = "/ui/gallery", "/ui/gallery/payer", "/ui/gallery/error/404"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The gallery's address. Nothing on it needs the database."""
    with override_settings(DEBUG=True, ROOT_URLCONF="tests.web.ui.urls"):
        server = LiveServerThread("127.0.0.1", _StaticFilesHandler, connections_override={}, port=0)
        server.start()
        server.is_ready.wait()
        if server.error:
            raise server.error
        yield f"http://127.0.0.1:{server.port}"
        server.terminate()


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A page that fails its test when the browser has anything to complain of (a refused script, an error)."""
    context = chromium.new_context(base_url=site, viewport={"width": WIDE[0], "height": WIDE[1]})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@LOOKS
def test_assistive_technology_and_contrast_have_nothing_to_complain_of(
    chromium: Browser, site: str, size: tuple[int, int], scheme: str
) -> None:
    context = chromium.new_context(
        base_url=site,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=size == PHONE,
        bypass_csp=True,  # to bring axe in
    )
    page = context.new_page()
    for address in (GALLERY, PAYER, ERROR):
        page.goto(address)
        assert wrong_by_day_and_night(page) == []
    context.close()


@pytest.mark.parametrize("width", [360, 768, 1000, 1280, 3840])
def test_no_page_needs_sideways_scrolling(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for address in (GALLERY, PAYER):
        page.goto(address)
        assert page.locator("body").evaluate("() => document.documentElement.scrollWidth") == width


def test_the_head_of_a_table_that_fits_stays_in_sight(page: Page) -> None:
    page.goto(GALLERY)
    head = page.get_by_role("region", name="Invoices", exact=True).locator("th").first.element_handle()
    page.get_by_role("cell", name="Kōwhai Trust").evaluate(
        "row => scrollTo({top: row.getBoundingClientRect().top + scrollY - 150, behavior: 'instant'})"
    )
    page.wait_for_function(  # fonts and pictures may still come and move it
        """head => scrollY > 0 && Math.abs(head.getBoundingClientRect().top
          - document.querySelector(".topbar").getBoundingClientRect().height) < 1.5""",
        arg=head,
    )


def test_fingers_find_44_pixels(chromium: Browser, site: str) -> None:
    context = chromium.new_context(
        base_url=site, viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    for address in (GALLERY, PAYER):
        page.goto(address)
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, .btn, input:not([type=hidden]), select, summary")]
              .filter(each => each.checkVisibility())
              .map(each => each.closest(".form-check") || each)
              .filter(each => each.getBoundingClientRect().height < 44)
              .map(each => each.outerHTML.slice(0, 80))"""
        )
        assert small == []
    context.close()


def test_appearance_follows_the_device_until_somebody_chooses(chromium: Browser, site: str) -> None:
    context = chromium.new_context(base_url=site, color_scheme="dark")
    page = context.new_page()
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    page.goto(PAYER)
    assert page.evaluate(scheme) == "dark"
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(scheme) == "light"
    page.goto(ERROR)
    assert page.evaluate(scheme) == "light"
    page.goto(PAYER)
    expect(page.get_by_role("button", name="Light")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="As the device").click()
    assert page.evaluate(scheme) == "dark"
    context.close()


def test_a_page_can_be_read_and_is_dark_without_scripts(chromium: Browser, site: str) -> None:
    context = chromium.new_context(
        base_url=site,
        java_script_enabled=False,
        color_scheme="dark",
        viewport={"width": PHONE[0], "height": PHONE[1]},
    )
    page = context.new_page()
    page.goto(GALLERY)
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Journal")).to_be_visible()
    expect(page.get_by_role("button", name="Copy payment id")).to_have_count(0)
    page.locator("#create-menu summary").click()
    expect(page.locator("#create-menu").get_by_role("link", name="Invoice")).to_be_visible()
    context.close()


def test_the_first_stop_of_the_keyboard_leads_past_the_navigation(page: Page) -> None:
    page.goto(PAYER)
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the content")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_keys_search_create_and_close(page: Page) -> None:
    page.goto(GALLERY)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("c/")
    assert page.locator("#search").input_value() == "c/"
    page.locator("h1").click()
    page.keyboard.press("c")
    entry = page.locator("#create-menu").get_by_role("link", name="Invoice")
    expect(entry).to_be_focused()
    page.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator("#search")).to_be_focused()


def test_a_dialog_opens_asks_for_the_word_and_gives_the_focus_back(page: Page) -> None:
    page.goto(GALLERY)
    opener = page.get_by_role("button", name="Void", exact=True)
    opener.click()
    dialog = page.get_by_role("dialog", name="Void invoice 2026-0118?")
    expect(dialog).to_be_visible()
    word = dialog.get_by_label("Type 2026-0118 to confirm")
    word.fill("2026-0117")
    assert word.evaluate("each => each.checkValidity()") is False
    word.fill("2026-0118")
    assert word.evaluate("each => each.checkValidity()") is True
    dialog.get_by_role("button", name="Keep as it is").click()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.parametrize("own", [True, False], ids=["with our own commands", "control"])
def test_dialogs_open_in_browsers_without_invoker_commands(page: Page, own: bool) -> None:
    page.add_init_script(  # the browser's own command is what a click does by default
        """document.addEventListener("click", event => event.preventDefault(), true);"""
        + ("delete HTMLButtonElement.prototype.commandForElement" if own else "")
    )
    page.goto(GALLERY)
    page.get_by_role("button", name="Void", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible(visible=own)


def test_copying_takes_the_whole_id_and_says_so(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(GALLERY)
    page.get_by_role("button", name="Copy payment id").last.click()
    expect(page.locator("#announcer")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "0198f3c2-6d1e-7a41-b7a0-9c5f4e21d807"


def test_a_second_press_sends_nothing_and_the_form_keeps_working(page: Page) -> None:
    posts: list[str] = []

    def answer(route: Route) -> None:
        posts.append(route.request.method)
        route.fulfill(status=204)  # leaves the page as it is, like a slow line or a download

    page.route("**/pay-here", answer)
    page.goto(PAYER)
    form = page.locator("form")
    form.evaluate("""form => { form.action = "/pay-here"; form.lastElementChild.type = "submit"; }""")
    button = page.get_by_role("button", name="Pay €1,234.00")
    button.click()
    button.click()
    button.press("Enter")
    expect(form).to_have_attribute("aria-busy", "true")
    assert posts == ["POST"]
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")  # the payer came back
    expect(form).not_to_have_attribute("aria-busy", "true")
    button.click()
    expect(form).to_have_attribute("aria-busy", "true")
    assert posts == ["POST", "POST"]


def test_the_policy_holds_against_an_injected_script(chromium: Browser, site: str) -> None:
    context = chromium.new_context(base_url=site)
    page = context.new_page()
    page.goto(PAYER)
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.hacked = true";
          document.body.append(script);
          const image = document.createElement("div");
          image.innerHTML = "<img src=x onerror='window.hacked = true'><p style='color: red'>x</p>";
          document.body.append(image);
        }"""
    )
    page.wait_for_timeout(100)
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("getComputedStyle(document.querySelector('p[style]')).color") != "rgb(255, 0, 0)"
    context.close()


def test_htmx_shows_errors_where_the_person_is_and_never_evaluates_text(chromium: Browser, site: str) -> None:
    context = chromium.new_context(base_url=site)
    page = context.new_page()
    page.goto(GALLERY)
    assert page.evaluate("[htmx.config.allowEval, htmx.config.includeIndicatorStyles]") == [False, False]
    messages = page.locator("#messages")
    get = "void htmx.ajax('GET', '{}', {{source: 'main', target: 'h1'}}).catch(() => 0)"
    with page.expect_request("**/not-found") as sent:
        page.evaluate(get.format("/not-found"))
    assert len(str(sent.value.header_value("X-CSRFToken"))) >= 32
    expect(messages.get_by_role("alert")).to_contain_text("There is no invoice <b>7</b>.")
    expect(page.get_by_role("heading", name="Invoice 2026-0118", exact=True)).to_be_visible()
    page.route("**/form", lambda route: route.abort())
    page.evaluate(get.format("/form"))
    expect(messages.get_by_role("alert")).to_contain_text("Nothing was changed; try again in a moment.")
    context.close()
