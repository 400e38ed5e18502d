"""Help is there for every page, in both languages, and nothing in it can run."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from allsquare.web.console.help.texts import search, text, texts
from allsquare.web.console.help.topics import NAMES, TOPICS, topic_of
from tests.web.console.routes import ROUTES
from tests.web.console.world import World

HELP = reverse("console:help")
ROOT = Path(settings.HELP_DIR)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_topic_has_its_text_and_no_text_is_orphaned(language: str) -> None:
    assert {path.stem for path in (ROOT / language).glob("*")} == set(NAMES)
    for path in (ROOT / language).glob("*.md"):
        words = path.read_text(encoding="utf-8")
        assert words.startswith("# "), path
        assert len(words.split()) > 25, path


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_page_has_a_text_of_its_own_part_of_the_console(route: object) -> None:
    address = route.url()  # type: ignore[attr-defined]  # a Route of the table
    part = address.lstrip("/").split("/")[0] + "/"
    if address != "/" and part not in {"live/", "home/", "attention/", "signed-in/"}:  # parts of other pages
        assert any(start.startswith(part) for start in TOPICS), address


def test_the_nearest_text_wins() -> None:
    assert topic_of("/") == "home"
    assert topic_of("/settings/mail/test/") == "mail-settings"
    assert topic_of("/settings/something/new/") == "settings"
    assert topic_of("/books/journal/") == "books"
    assert topic_of("/books/journal/new/") == "journal-entry"
    assert topic_of("/nowhere/") == "home"


def test_a_page_offers_its_own_text(world: World, owner: Client) -> None:
    assert f"{HELP}?topic=numbering" in owner.get(reverse("console:settings_numbering")).text
    page = owner.get(HELP, {"topic": "numbering"}).text
    assert "without a gap" in page
    assert "<code>2026-</code>" in page
    inside = owner.get(HELP, {"topic": "numbering"}, headers={"HX-Request": "true"}).text
    assert "<html" not in inside
    assert "without a gap" in inside


def test_index_search_and_what_is_not_there(world: World, owner: Client) -> None:
    index = owner.get(HELP).text
    for each in texts("en"):
        assert f"?topic={each.name}" in index
    assert "Payment providers" in owner.get(HELP, {"q": "webhook address"}).text
    assert "Try fewer" in owner.get(HELP, {"q": "zebra <b>"}).text
    assert "zebra &lt;b&gt;" in owner.get(HELP, {"q": "zebra <b>"}).text
    assert owner.get(HELP, {"topic": "../settings"}).status_code == 404


def test_the_search_wants_every_word_and_puts_titles_first() -> None:
    assert search("numbering", "en")[0].text.name == "numbering"
    assert search("", "en") == []
    assert search("Steuersätze", "de")[0].text.name == "tax-rates"


def test_german_is_german_and_another_language_is_english() -> None:
    german, other = text("numbering", "de"), text("numbering", "pl")
    assert german
    assert other
    assert german.title == "Nummern"
    assert other.title == "Numbering"
    assert text("nothing", "en") is None


def test_html_in_a_text_is_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "en").mkdir()
    for name in NAMES:
        (tmp_path / "en" / f"{name}.md").write_text(
            "# T\n\n<script>alert(1)</script> [x](javascript:alert(1))\n"
        )
    monkeypatch.setattr(settings, "HELP_DIR", tmp_path)
    texts.cache_clear()
    found = text("home", "en")
    texts.cache_clear()
    assert found
    assert "<script>" not in found.html
    assert 'href="javascript' not in found.html


def test_shortcuts_are_declared_once(world: World, owner: Client) -> None:
    page = owner.get(reverse("console:shortcut_list")).text
    for words in ("<kbd>g</kbd> <kbd>i</kbd>", "Next row", "Help for this page"):
        assert words in page
    assert '"keys": "g i", "url": "/invoices/"' in page
