"""Every page that a member can open, from the server's own table of addresses: it fits the window, assistive technology
has nothing to complain of, and no sentence of ours is left in English where the house speaks German."""

from __future__ import annotations

import pytest

from tests.browser.desk import PHONE, WIDE, Desk
from tests.browser.english import TEXTS, English
from tests.browser.pages import addresses
from tests.browser.reader import complaints
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


@pytest.mark.timeout(900)  # some hundred pages, each read by axe
def test_wide_and_light_in_a_rehearsal_with_a_colour_of_its_own(desk: Desk) -> None:
    desk.world = World(make_organization(name="Harbour & Pine", rehearsal=True, brand_color="#ffcc00"))
    assert not _wrong(desk, WIDE, "light")


@pytest.mark.timeout(900)  # as above
def test_on_a_phone_in_the_dark_in_german(desk: Desk) -> None:
    desk.world = World(make_organization(name="Hafen & Kiefer", language="de"))
    assert not _wrong(desk, PHONE, "dark", English())


def _wrong(desk: Desk, size: tuple[int, int], scheme: str, english: English | None = None) -> list[str]:
    page = desk.page(size, scheme=scheme, axe=True)
    pages = addresses(desk.world)
    assert len(pages) > 80
    wrong = []
    for address in pages:
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth") != size[0]:
            wrong.append(f"{address}: wider than the window")
        wrong += [f"{address}: {rule}: {html}" for rule, html in complaints(page)]
        if english:
            wrong += [f"{address}: {text}" for text in english.among(page.evaluate(TEXTS))]
            if page.locator("html").get_attribute("lang") != "de":
                wrong.append(f"{address}: not in German")
    return wrong
