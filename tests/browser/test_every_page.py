"""Every page that a member can open, from the server's own table of addresses, wide and on a phone, light and dark: it
fits the window, assistive technology has nothing to complain of, and no sentence of ours is left in English where the
house speaks German."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, Literal

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.desk import PHONE, WIDE, Desk
from tests.browser.english import TEXTS, English
from tests.browser.pages import addresses
from tests.browser.reader import SEEN, complaints, seen
from tests.factories import make_organization
from tests.web.console.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_english_is_found() -> None:
    english = English()
    assert english.among(["There is no such invoice.", "Diese Rechnung gibt es nicht.", "PDF", "Name"]) == [
        "There is no such invoice."
    ]
    assert english.among(["Invoice INV-1 was issued before.", "Rechnung INV-1 ist schon ausgestellt."]) == [
        "Invoice INV-1 was issued before."
    ]


@pytest.mark.timeout(900)  # some hundred pages, each in four looks
def test_every_page_in_german(desk: Desk) -> None:
    desk.world = World(make_organization(name="Hafen & Kiefer", language="de"))
    pages = addresses(desk.world)
    assert len(pages) > 80
    assert not _wrong(desk, pages, English())


@pytest.mark.timeout(300)  # seven pages of those, and a world for them
def test_a_colour_of_its_own_and_a_rehearsal_look_as_good(desk: Desk) -> None:
    """Yellow is the hardest colour to write on. What these pages show of it, all others do."""
    desk.world = World(make_organization(name="Harbour & Pine", rehearsal=True, brand_color="#ffcc00"))
    draft, paid = desk.world.draft(), desk.world.paid(desk.world.issued())
    names = ("home", "invoice_list", "invoice_new", "start_real", "settings_branding")
    pages = [
        *(reverse(f"console:{name}") for name in names),
        reverse("console:invoice_edit", args=[draft.id]),
        reverse("console:payment", args=[paid.id]),
    ]
    assert not _wrong(desk, pages)


def test_what_is_wrong_in_one_look_alone_is_found(desk: Desk) -> None:
    """The control: a page that is at fault in the dark only, and on a phone only."""
    page = desk.page(WIDE, axe=True)
    page.goto(reverse("console:home"))
    page.add_style_tag(
        content="""
        [data-bs-theme="dark"] h1 { color: #222; }
        @media (max-width: 575px) { h1 { min-inline-size: 130vw; } }
        """
    )
    found = {(look, rule) for look, rule, _html in _in_all_looks(page)}
    assert {("wide, dark", "color-contrast"), ("phone, dark", "color-contrast")} <= found
    assert ("wide, light", "color-contrast") not in found
    assert {look for look, rule in found if rule == "wider than the window"} == {
        "phone, dark",
        "phone, light",
    }


def test_our_own_reader_finds_what_axe_finds(desk: Desk) -> None:
    """The other control: texts and targets of which some are at fault."""
    page = desk.page(PHONE, axe=True)
    page.goto(reverse("console:home"))
    page.evaluate(f"document.body.innerHTML = {json.dumps(_SAMPLES)}")
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        mine, theirs = (_names(found) for found in (seen(page), complaints(page, rules=SEEN)))
        assert mine == theirs == {"color-contrast": {"a", "b", "c", "d"}, "target-size": {"x", "y"}}


_SAMPLES = """<main style="background: #fff; color: #000; padding: 40px">
<p id="a" style="color: #888">Grey on white</p><p style="color: #767676">Just enough</p>
<p id="b" style="color: rgb(0 0 0 / 50%)">Seen through</p><p style="font-size: 24px; color: #888">Large</p>
<div style="opacity: .5"><p id="c">Half there</p></div>
<div style="background: #222"><p id="d">Black on black</p><p style="color: #fff">White on black</p></div>
<p style="color: #fff; visibility: hidden">Not there</p>
<button disabled style="color: #eee; background: #fff">Off</button>
<div style="font-size: 8px; line-height: 1">
<button id="x" style="all: unset; display: block; inline-size: 90px">One</button>
<button id="y" style="all: unset; display: block; inline-size: 90px">Two</button></div>
<button style="all: unset; display: block; margin: 30px; inline-size: 10px; block-size: 10px">.</button>
<p>A <a href="/" style="color: #000; text-decoration: underline">link</a> in a sentence</p></main>"""


def _names(found: list[tuple[str, str]]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for rule, html in found:
        names.setdefault(rule, set()).add(html.partition('id="')[2].partition('"')[0])
    return names


#: In an order in which each step changes one thing.
LOOKS: Final[tuple[tuple[str, tuple[int, int], Literal["light", "dark"]], ...]] = (
    ("wide, light", WIDE, "light"),
    ("wide, dark", WIDE, "dark"),
    ("phone, dark", PHONE, "dark"),
    ("phone, light", PHONE, "light"),
)


def _wrong(desk: Desk, pages: list[str], english: English | None = None) -> list[str]:
    page = desk.page(WIDE, axe=True)
    wrong = []
    for address in pages:
        page.goto(address)
        wrong += [f"{address}: {look}: {rule}: {html}" for look, rule, html in _in_all_looks(page)]
        if english:
            wrong += [f"{address}: {text}" for text in english.among(page.evaluate(TEXTS))]
            if page.locator("html").get_attribute("lang") != "de":
                wrong.append(f"{address}: not in German")
    return wrong


def _in_all_looks(page: Page) -> Iterator[tuple[str, str, str]]:
    """What is wrong in which look. The page is loaded once: width and colours change under it, as when a person turns
    the device or the evening comes. axe reads it once, since nothing else that it asks depends on that."""
    for number, (look, (width, height), scheme) in enumerate(LOOKS):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        if page.evaluate("document.documentElement.scrollWidth") != width:
            yield look, "wider than the window", ""
        for rule, html in [*seen(page), *([] if number else complaints(page))]:
            yield look, rule, html
