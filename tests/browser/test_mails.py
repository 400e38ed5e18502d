"""What people typed stays text in mails, shown as a mail program and the demonstration's page show them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from django.test.testcases import LiveServerThread, _StaticFilesHandler
from playwright.sync_api import Browser, Page

from allsquare.notifications.letters.letter import Button, Letter
from allsquare.notifications.letters.render import as_html, as_text
from allsquare.web.caught import mailbox, pages

pytestmark = pytest.mark.browser

PAYLOADS = (
    "<script>document.title = 'taken'</script>",
    '"><img src=x onerror="document.title = \'taken\'">',
    "<svg/onload=document.title='taken'>",
    "</title><iframe srcdoc='<script>parent.document.title=1</script>'>",
)


def letter(text: str) -> Letter:
    return Letter(
        language="en",
        subject=text,
        preview=text,
        sender=text,
        figure_label=text,
        figure=text,
        figure_note=text,
        paragraphs=(text, text),
        rows=((text, text),),
        button=Button(text, "https://pay.example/", text),
        small=(text,),
        footer=(text,),
    )


@pytest.fixture
def page(chromium: Browser) -> Page:
    return chromium.new_page()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_mail_shows_payloads_as_text(page: Page, payload: str) -> None:
    page.set_content(as_html(letter(payload)))
    assert page.title() == payload
    assert page.locator("script, img, svg, iframe").count() == 0
    assert page.locator("body").inner_text().count(payload) >= 8
    assert payload in as_text(letter(payload))


@pytest.mark.parametrize("width", [360, 700])
def test_a_mail_fits_its_window_with_long_words(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.set_content(as_html(letter("Donaudampfschifffahrtsgesellschaftskapitän" * 3)))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The page of the mails caught in ``tmp_path``. Nothing on it needs the database."""
    with override_settings(
        DEBUG=True, ROOT_URLCONF="tests.web.caught.urls", ALLSQUARE_CAUGHT_MAIL_DIR=str(tmp_path)
    ):
        server = LiveServerThread("127.0.0.1", _StaticFilesHandler, connections_override={}, port=0)
        server.start()
        server.is_ready.wait()
        if server.error:
            raise server.error
        yield f"http://127.0.0.1:{server.port}"
        server.terminate()


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_a_hostile_mail_can_load_and_run_nothing(
    page: Page, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """The control takes the policy off the mail's HTML: then its picture is fetched, and its sender knows."""
    evil = (
        "<html><head></head><body><p>Hostile</p><img src='/static/ui/favicon.svg?seen'>"
        "<script>parent.document.title = 'taken'; fetch('/mail/?run')</script>"
        "<form action='/mail/'><button>Go</button></form>" + "".join(PAYLOADS) + "</body></html>"
    )
    content = f"Subject: Evil\nMessage-ID: <1@x>\nContent-Type: text/html\n\n{evil}".encode()
    mail = mailbox.keep(tmp_path, sender="a@x.example", recipients=["b@x.example"], content=content)
    if not guarded:
        monkeypatch.setattr(pages, "_FRAME_POLICY", "frame-ancestors 'self'")
    answered: list[str] = []
    page.on("response", lambda response: answered.append(response.url))
    page.goto(f"{site}/mail/{mail.id}/")
    assert page.frame_locator("iframe").get_by_text("Hostile").is_visible()
    deadline = time.monotonic() + (1 if guarded else 10)
    while time.monotonic() < deadline and not any("?" in url for url in answered):
        page.wait_for_timeout(50)
    assert page.title() == "Evil"
    assert [url for url in answered if "?" in url] == (
        [] if guarded else [f"{site}/static/ui/favicon.svg?seen"]
    )
