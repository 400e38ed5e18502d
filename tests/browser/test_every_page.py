"""Every page that a member, a stranger or somebody between the two can open, and every form as it comes back to whoever
filled it in wrongly, from the server's own table of addresses; wide and on a phone, light and dark, and on paper: it
fits the window, stands still while it is loaded, shows where the keyboard is, assistive technology has nothing to
complain of, and no sentence of ours is left in English where the house speaks German."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, Literal

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, Route

from tests.browser.desk import PHONE, WIDE, Desk
from tests.browser.english import TEXTS, English
from tests.browser.looks import WATCH_SHIFTS, wrong_in_all_looks, wrong_on_paper
from tests.browser.mistakes import Mistake, mistakes
from tests.browser.pages import ELSEWHERE, LEFT_OUT, member_pages
from tests.browser.people import pages_of_people
from tests.browser.reader import AXE, SEEN, complaints, seen
from tests.factories import make_organization
from tests.web.console.world import World
from tests.web.table import routes
from tests.web.test_every_route import AUDIENCE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Into so many tests are the pages divided, so that each process has its share.
PARTS: Final = 6


def test_english_is_found() -> None:
    english = English()
    assert english.among(["There is no such invoice.", "Diese Rechnung gibt es nicht.", "PDF", "Name"]) == [
        "There is no such invoice."
    ]
    assert english.among(["Invoice INV-1 was issued before.", "Rechnung INV-1 ist schon ausgestellt."]) == [
        "Invoice INV-1 was issued before."
    ]


def german() -> World:
    return World(make_organization(name="Hafen & Kiefer", language="de"))


def test_no_address_is_forgotten() -> None:
    """Each is looked at as a page here, or elsewhere, or is none, and it is said why."""
    world = german()
    found = [member_pages(world), *(each for _client, each in pages_of_people(world))]
    pages = set().union(*(each.names for each in found))
    buttons = set().union(*(each.buttons for each in found)) - pages
    elsewhere = {name for name, who in AUDIENCE.items() if who in ELSEWHERE}
    assert {each.name for each in routes()} - pages - buttons - elsewhere == LEFT_OUT.keys()


@pytest.mark.timeout(400)  # some thirty pages, each in five looks
@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_in_german(desk: Desk, part: int) -> None:
    desk.world = german()
    found = member_pages(desk.world, part=part, parts=PARTS)
    assert len(found.pages) > 80 / PARTS
    assert not _wrong(desk, found.pages, English())


@pytest.mark.timeout(400)
def test_the_pages_of_people_in_german(desk: Desk) -> None:
    """In front of the door, on its threshold and behind it."""
    desk.world, english, seen_already, wrong = german(), English(), set[str](), list[str]()
    for client, found in pages_of_people(desk.world):
        new = {address: page for address, page in found.pages.items() if address not in seen_already}
        seen_already |= new.keys()
        wrong += _wrong(desk, new, english, client=client)
    assert len(seen_already) > 20
    assert not wrong


@pytest.mark.timeout(600)
def test_every_form_that_was_filled_in_wrongly_in_german(desk: Desk) -> None:
    desk.world = german()
    client = desk.world.client()
    found = list(mistakes(client, member_pages(desk.world, client)))
    strangers, theirs = pages_of_people(desk.world)[0]
    found += mistakes(strangers, theirs)
    assert {each.route for each in found if not each.page} - {each.route for each in found if each.page} == (
        NEVER_WRONG.keys()
    )
    pages = [each for each in found if each.page]
    assert len(pages) > 40
    assert not _wrong_mistakes(desk, pages, English())


#: Forms that take whatever is typed, or answer it otherwise than by a page, and why.
NEVER_WRONG: Final[Mapping[str, str]] = {
    "console:automatic_agree": "leads back to the customer, where the sentence is",
    "console:customer_quick": "a dialog, which is told in itself",
    "console:item_quick": "a dialog, which is told in itself",
}


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
    """The control: a page that is at fault in the dark only, on a phone only, by keyboard only, on paper only."""
    page = _reader(desk)

    def load() -> None:
        page.goto(reverse("console:home"))
        page.add_style_tag(content=_FAULTS)
        page.evaluate("""() => document.querySelector("main").insertAdjacentHTML(
          "beforeend", "<table id=broad style='inline-size: 900px'><tr><th>Broad<td>table</table>"
          + "<button id=pressed style='display: block !important'>Press paper</button>")""")

    found = {(look, rule) for look, rule, _html in wrong_in_all_looks(page, load)}
    assert {("wide, dark", "color-contrast"), ("phone, dark", "color-contrast")} <= found
    assert ("wide, light", "color-contrast") not in found
    assert {look for look, rule in found if rule == "wider than the window"} == {
        "phone, dark",
        "phone, light",
    }
    assert ("by keyboard", "focus cannot be seen") in found
    assert {rule for _look, rule, html in wrong_on_paper(page) if "pressed" in html or "broad" in html} == {
        "printed though nobody can press paper",
        "cut off on paper",
    }


_FAULTS: Final = """
[data-bs-theme="dark"] h1 { color: #222; }
@media (max-width: 575px) { h1 { min-inline-size: 130vw; } }
main a:focus-visible { outline: none !important; }
@media not print { #broad { display: none; } }
"""


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


def _reader(desk: Desk, client: Client | None = None) -> Page:
    """A page that axe and all that is measured are there in from the first moment on."""
    page = desk.page(WIDE, axe=True, calm=True, client=client)
    page.add_init_script(path=AXE)
    page.add_init_script(WATCH_SHIFTS)
    return page


def _wrong(
    desk: Desk, pages: Iterable[str], english: English | None = None, *, client: Client | None = None
) -> list[str]:
    page, wrong = _reader(desk, client), []
    for address in pages:
        load = partial(_open, page, address)
        found = [*wrong_in_all_looks(page, load), *_in_english(page, english), *wrong_on_paper(page)]
        wrong += [f"{address}: {look}: {rule}: {html}" for look, rule, html in found]
    page.context.close()
    # Nothing of ours is let into the frames that mails are shown in: neither a page's scripts nor these tests' own.
    desk.complaints[:] = [each for each in desk.complaints if "frame is sandboxed" not in each]
    return wrong


def _open(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status in (200, 401, 404), (
        f"{address} answered {answer.status}"
    )  # two of them are pages of errors


def _wrong_mistakes(desk: Desk, found: Iterable[Mistake], english: English) -> list[str]:
    """The server's answer to what was sent, given to a browser that asks for the page."""
    page, wrong = _reader(desk), []
    for mistake in found:
        address = desk.base_url + mistake.address
        page.route(address, _serve(mistake))
        looks = wrong_in_all_looks(page, partial(page.goto, address), once=True)
        wrong += [
            f"{mistake.address}: {look}: {rule}: {html}"
            for look, rule, html in [*looks, *_in_english(page, english)]
        ]
        page.unroute(address)
    desk.complaints[:] = [each for each in desk.complaints if "frame is sandboxed" not in each]
    return wrong


def _serve(mistake: Mistake) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=mistake.page, content_type="text/html; charset=utf-8")


def _in_english(page: Page, english: English | None) -> list[tuple[str, str, str]]:
    if english is None:
        return []
    spoken = [] if page.locator("html").get_attribute("lang") == "de" else ["the page itself"]
    return [("all", "not in German", text) for text in [*spoken, *english.among(page.evaluate(TEXTS))]]
