"""Fault 29: whatever somebody typed is text, on every page, in every mail and in every document."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.desk import PHONE, Desk, desk
from tests.browser.hostile import CODES, DOCUMENTS, MARK, columns, plant
from tests.browser.pages import addresses

__all__ = ["desk"]  # the fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: What a payload would have made of the page if it had come alive.
ALIVE = f"""() => [
  window.{MARK} === undefined ? "" : "a script ran",
  document.title === "{MARK}" ? "the title was taken" : "",
  ...[...document.querySelectorAll("*")].flatMap(each => [...each.attributes]
    .filter(({{name, value}}) => /^(on|x-|hx-|@|:)/.test(name) && value.includes("{MARK}")
      || /^(href|src|action|formaction|srcdoc)$/.test(name) && /^\\s*javascript:/i.test(value)
      || name === "src" && value.includes("{MARK}"))
    .map(({{name, value}}) => `<${{each.localName}} ${{name}}=${{value}}>`)),
  ...(document.documentElement.scrollWidth > innerWidth ? [...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(".table-responsive, dialog"))
    .map(each => `wider than the window: <${{each.localName}} class="${{each.className}}">`).slice(-2) : []),
].filter(Boolean)"""


def test_every_column_is_a_text_or_a_code() -> None:
    """A new one is filled by itself; one that is gone must leave the lists."""
    assert columns().keys() >= CODES | DOCUMENTS.keys()


def test_nothing_typed_comes_alive_on_any_page(desk: Desk) -> None:
    world = desk.world
    pages = addresses(world)
    assert len(pages) > 50
    assert plant() > 60
    page = listening(desk)
    broken: list[str] = []
    for address in pages:
        answer = page.goto(address)
        assert answer is not None
        found = [*page.evaluate(ALIVE), *([] if answer.ok else [f"answered {answer.status}"])]
        if "49" in page.inner_text("body").replace("7*7", "") and "{49}" in page.inner_text("body"):
            found.append("a template was filled in")
        broken += [f"{address}: {each}" for each in found]
    assert not broken, "\n".join(broken)


def listening(desk: Desk) -> Page:
    """A phone with the policy off, so that only escaping stands between a text and its coming alive."""
    page = desk.page(PHONE, axe=True)
    page.on(
        "dialog", lambda dialog: (desk.complaints.append(f"a dialog: {dialog.message}"), dialog.dismiss())
    )
    page.on(
        "request",
        lambda request: desk.complaints.append(f"asked for {request.url}") if MARK in request.url else None,
    )
    return page
