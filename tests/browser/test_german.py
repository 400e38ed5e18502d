"""The console in German, page by page: no sentence of ours is left in English, and every page still fits a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.browser.desk import PHONE, Desk
from tests.browser.test_console import addresses
from tests.factories import make_organization
from tests.web.console.world import World
from translations.catalogs import LOCALE, entries, read

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Every text that people can see or hear, once each.
TEXTS = """() => {
  const found = new Set(), add = (text) => text && text.trim() && found.add(text.trim().replace(/\\s+/g, " "));
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (!walk.currentNode.parentElement.closest("script, style, template, kbd, [lang=en]")) add(walk.currentNode.data);
  }
  for (const element of document.querySelectorAll("[title], [aria-label], [placeholder], [alt]")) {
    for (const name of ["title", "aria-label", "placeholder", "alt"]) add(element.getAttribute(name));
  }
  add(document.title);
  return [...found];
}"""


class English:
    """Our texts that say something else in German."""

    def __init__(self) -> None:
        pairs = [
            (text, said)
            for message, entry in entries(read(LOCALE / "de" / "LC_MESSAGES" / "django.po"))
            for text, said in zip(
                [message.text, message.plural],
                [entry.string] if isinstance(entry.string, str) else entry.string or (),
                strict=False,
            )
        ]
        german = {said for _text, said in pairs}
        own = [text for text, said in pairs if text != said and text not in german]
        named_so = {"By hand"}  # what the test world calls its provider
        self.plain = {text for text in own if "%" not in text} - named_so
        # With facts inside, only whole sentences: a pattern such as "%(a)s to %(b)s" fits too much.
        self.patterns = [
            re.compile(re.sub(r"%\\\(\w+\\\)s", ".+", re.escape(text.replace("%%", "%"))))
            for text in own
            if "%(" in text and len(re.findall(r"(?<!\()\b[A-Za-z]{2,}\b", text)) > 3
        ]

    def among(self, texts: list[str]) -> list[str]:
        return [text for text in texts if text in self.plain or any(p.fullmatch(text) for p in self.patterns)]


@pytest.fixture
def desk(live_server: LiveServer, chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    desk = Desk(World(make_organization(name="Hafen & Kiefer", language="de")), chromium, live_server.url)
    yield desk
    for context in chromium.contexts:
        context.close()
    assert desk.complaints == []


def test_english_is_found() -> None:
    english = English()
    assert english.among(["There is no such invoice.", "Diese Rechnung gibt es nicht.", "PDF", "Name"]) == [
        "There is no such invoice."
    ]
    assert english.among(["Invoice INV-1 was issued before.", "Rechnung INV-1 ist schon ausgestellt."]) == [
        "Invoice INV-1 was issued before."
    ]


def test_the_console_in_german_has_no_english_and_fits_a_phone(desk: Desk) -> None:
    english = English()
    page = desk.page(PHONE)
    wrong = []
    for address in addresses(desk.world):
        page.goto(address)
        if page.locator("html").get_attribute("lang") != "de":
            wrong.append((address, "not in German"))
        if page.evaluate("document.documentElement.scrollWidth") != PHONE[0]:
            wrong.append((address, "wider than the window"))
        wrong += [(address, text) for text in english.among(page.evaluate(TEXTS))]
    assert not wrong, "\n".join(f"{address}: {text}" for address, text in wrong)
