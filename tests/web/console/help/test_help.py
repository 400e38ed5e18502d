"""Help is there for every page, in both languages, and nothing in it can run."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from allsquare.web.console.help.texts import search, text, texts
from allsquare.web.console.help.topics import NAMES, TOPICS, topic_of
from tests.web.console.routes import ROUTES, Route
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


#: Pages to which the text about their whole part of the console fits, as far as it is not a page of one thing of it.
#: A new page below another is entered here, or gets a text of its own.
COVERED: Final = {
    "automatic-payments": ("payments/automatic/plan/",),
    "books": ("books/journal/", "books/trial-balance/", "books/accounts/", "books/journal/balance/"),
    "books-check": ("books/check/start/",),
    "branding": ("settings/branding/preview/",),
    "customers": ("customers/new/", "customers/pick/", "customers/quick/"),
    "fraud": ("settings/fraud/lists/",),
    "home": ("help/shortcuts/",),
    "invoices": ("invoices/save/", "invoices/totals/"),
    "items": ("items/new/", "items/pick/", "items/quick/"),
    "mail-settings": ("settings/mail/test/",),
    "mails": ("mails/held/",),
    "movements": ("books/movements/new/", "books/movements/listed/"),
    "numbering": ("settings/numbering/preview/",),
    "payment-links": ("payment-links/new/",),
    "payment-providers": ("settings/payment-providers/new/",),
    "people": ("settings/people/members/", "settings/people/invitations/"),
    "periods": ("books/periods/close/",),
    "rehearsal": ("rehearsal/clock/", "rehearsal/provider/", "rehearsal/start-for-real/"),
    "routing": ("settings/payment-routes/new/",),
    "tax-rates": ("settings/tax-rates/new/", "settings/tax-rates/usual/"),
}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_page_has_a_text_of_its_own(route: Route) -> None:
    """By the whole address: what stands below another page and is not about one thing of it needs a text, or must be
    said to be covered."""
    address = route.url().lstrip("/")
    parts = [part for part in address.split("/") if part and not _is_id(part)]
    if not parts or parts[0] in {
        "live",
        "home",
        "attention",
        "signed-in",
        "first-steps",
    }:  # parts of other pages
        return
    name = topic_of(f"/{address}")
    own = [start for start, topic in TOPICS.items() if topic == name and start]
    known = [*own, *COVERED.get(name, ())]
    plain = "/".join(itertools.takewhile(lambda part: not _is_id(part), address.split("/"))).rstrip("/") + "/"
    assert plain in known or any(start.startswith(plain) and "*" in start for start in own), (address, name)


def test_nothing_is_said_to_be_covered_that_is_not_there() -> None:
    pages = [route.url().lstrip("/") for route in ROUTES]
    for name, starts in COVERED.items():
        for start in starts:
            assert any(page.startswith(start) for page in pages), start
            assert topic_of(f"/{start}") == name


def _is_id(part: str) -> bool:
    try:
        UUID(part)
    except ValueError:
        return False
    return True


def test_the_pages_of_an_account_have_help_before_anybody_is_signed_in(world: World, owner: Client) -> None:
    """Also while an organization asks for a second factor, and opens nothing else."""
    url = reverse("account_help")
    for client, name in ((Client(), "account_login"), (owner, "mfa_index"), (owner, "account_profile")):
        page = client.get(reverse(name), follow=True).text
        assert f'id="help-link" href="{url}" aria-keyshortcuts="?"' in page
        assert '"keys": "?"' in page
    world.organization.second_factor_roles = ["owner"]
    world.organization.save()
    for client in (Client(), owner):
        answer = client.get(url)
        assert answer.status_code == 200
        assert "second factor" in answer.text


def test_the_nearest_text_wins() -> None:
    assert topic_of("/") == "home"
    assert topic_of("/settings/mail/test/") == "mail-settings"
    assert topic_of("/settings/something/new/") == "settings"
    assert topic_of("/books/journal/") == "books"
    assert topic_of("/books/journal/new/") == "journal-entry"
    assert topic_of("/nowhere/") == "home"
    some = uuid4()
    assert topic_of(f"/invoices/{some}/") == "invoices"
    assert topic_of(f"/invoices/{some}/edit/") == "invoice-editor"
    assert topic_of(f"/invoices/{some}/credit-note/totals/") == "credit-notes"
    assert topic_of(f"/payments/{some}/") == "payments"
    assert topic_of(f"/payments/payouts/{some}/") == "payouts"


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
    assert "Move the line up" in page
