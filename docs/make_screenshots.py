"""``make screenshots``: the pictures of the README, taken from the demonstration company in a real browser."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import django

from allsquare.cli import rehearsal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allsquare.config.settings")
rehearsal.enter("demo")
django.setup()

from playwright.sync_api import Page, sync_playwright  # noqa: E402 - after the settings

from allsquare.cli.history import DEMO_EMAIL, DEMO_PASSWORD, ensure_company, forget_half_made  # noqa: E402 - as above
from allsquare.cli.stack import serve, stack  # noqa: E402 - as above
from allsquare.cli.walk import Walker, walk  # noqa: E402 - as above

IMAGES = Path(__file__).parent / "images"
#: No sandbox as root, no calls to the browser's maker.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> int:
    """Exit status 1 without a browser, or when the loop does not close."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("No Chromium on this machine: install Debian's package chromium.", file=sys.stderr)
        return 1
    IMAGES.mkdir(exist_ok=True)
    forget_half_made()
    with stack() as running:
        company = ensure_company(running)
        serve(running)
        walker = Walker(
            organization=company.organization,
            email=DEMO_EMAIL,
            password=DEMO_PASSWORD,
            gateway=company.gateway,
        )
        if not all(step.ok for step in walk(running, walker, tell=None)):
            return 1
        what_it_did = f"{running.base_url}/payments/{walker.paid.id}/"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.goto(f"{running.base_url}/")
            page.fill("[name=login]", DEMO_EMAIL)
            page.fill("[name=password]", DEMO_PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url(f"{running.base_url}/")
            _take(page, f"{running.base_url}/", "home")
            _take(page, f"{running.base_url}/invoices/", "invoices")
            _take(page, what_it_did, "payment")
            page.set_viewport_size({"width": 390, "height": 844})
            _take(page, walker.link, "paid")
            browser.close()
    return 0


def _take(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png")


if __name__ == "__main__":
    sys.exit(main())
