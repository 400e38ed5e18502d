"""The sandbox's payment page and panel in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.desk import LOOKS, PHONE, WIDE
from tests.browser.reader import wrong_by_day_and_night
from tests.sandbox_process import SandboxAccount

pytestmark = pytest.mark.browser

SHOP_PAGE = """<!doctype html>
<title>Shop</title>
<p id="told">nothing yet</p>
<iframe src="{fields}" width="600" height="700"></iframe>
<script>
  addEventListener("message", (event) => {{
    document.getElementById("told").textContent = [event.origin, event.data.payment, event.data.status].join(" ");
  }});
</script>"""


class Shop:
    """The merchant's site, on an origin of its own; ``fields`` is what it shows in a frame."""

    def __init__(self) -> None:
        shop = self
        self.fields = ""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(SHOP_PAGE.format(fields=shop.fields).encode())

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/back"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    thread = threading.Thread(target=shop.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()
    thread.join()


def visit(
    chromium: Browser, size: tuple[int, int], *, scheme: str = "light", scripts: bool = True
) -> BrowserContext:
    return chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=scripts,
        bypass_csp=False,
    )


def test_a_payer_without_javascript_pays_with_3d_secure(
    chromium: Browser, sandbox: SandboxAccount, shop: Shop
) -> None:
    charge = sandbox.charge(123400, return_url=shop.url)
    context = visit(chromium, PHONE, scripts=False)
    page = context.new_page()
    page.goto(charge["hosted_url"])

    page.get_by_role("button", name="Pay €1,234.00").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was charged")
    page.get_by_role("link", name="3-D Secure: you approve or deny").click()
    page.get_by_role("button", name="Pay €1,234.00").click()
    page.get_by_role("button", name="Approve the payment").click()

    page.wait_for_url(f"{shop.url}?payment={charge['id']}")  # the strict CSP lets the redirect through
    assert sandbox.get(f"/charges/{charge['id']}")["status"] == "succeeded"
    context.close()


def test_the_merchant_can_show_the_fields_in_a_frame(
    chromium: Browser, sandbox: SandboxAccount, shop: Shop
) -> None:
    charge = sandbox.charge(return_url=shop.url)
    shop.fields = charge["fields_url"]
    context = visit(chromium, WIDE)
    page = context.new_page()
    page.goto(shop.url)
    frame = page.frame_locator("iframe")

    frame.get_by_label("Card number").fill("5555 5555 5555 4444")
    frame.get_by_label("Expires").fill("12/39")
    frame.get_by_label("Security code").fill("123")
    frame.get_by_role("button", name="Pay").click()

    expect(page.locator("#told")).to_have_text(f"{sandbox.base_url} {charge['id']} succeeded")
    context.close()


def test_nobody_else_can_show_the_fields(chromium: Browser, sandbox: SandboxAccount, shop: Shop) -> None:
    shop.fields = sandbox.charge(return_url="http://other.example/")["fields_url"]
    context = visit(chromium, WIDE)
    page = context.new_page()
    page.goto(shop.url)

    expect(page.frame_locator("iframe").get_by_label("Card number")).to_have_count(0)
    context.close()


@LOOKS
def test_assistive_technology_and_contrast_have_nothing_to_complain_of(
    chromium: Browser, sandbox: SandboxAccount, size: tuple[int, int], scheme: str
) -> None:
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,  # to bring axe in
    )
    page = context.new_page()
    for address in _pages(sandbox):
        page.goto(address)
        assert page.locator("body").evaluate("() => document.documentElement.scrollWidth") == size[0], address
        assert wrong_by_day_and_night(page, rules=["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]) == [], (
            address
        )
        assert _too_small(page) == [], address
    context.close()


def _pages(sandbox: SandboxAccount) -> list[str]:
    card, debit = sandbox.charge(1000), sandbox.charge(1000, method="bank_debit")
    challenged = sandbox.charge(1000)
    sandbox.http.post(
        challenged["hosted_url"], data={"number": "4000003000000006", "expiry": "12/39", "cvc": "123"}
    )
    paid = sandbox.paid(1000, description="A long description " * 10)
    sandbox.refund(paid["id"], 10)
    sandbox.paid(number="4000 0050 0000 0001")
    sandbox.misbehave("slow")
    panel = f"{sandbox.base_url}/panel/{sandbox.id}"
    return [
        card["hosted_url"],
        f"{card['hosted_url']}?card=visa",
        card["fields_url"],
        debit["hosted_url"],
        challenged["hosted_url"],
        f"{sandbox.base_url}/pay/{paid['id']}",
        f"{sandbox.base_url}/pay/nothing",
        *(f"{panel}/{tab}" for tab in ("charges", "money", "webhooks", "misbehave", "settings")),
        f"{panel}/charges/{paid['id']}",
    ]


def _too_small(page: Page) -> list[str]:
    """Buttons and fields lower than 44 pixels."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("button, a.go, a.small-go, .tests a, input:not([type=hidden]), select")]
          .map(each => each.closest(".choice") || each)
          .filter(each => each.getBoundingClientRect().height < 44)
          .map(each => each.outerHTML.slice(0, 80))"""
    )
    return found
