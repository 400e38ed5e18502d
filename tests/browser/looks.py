"""One page in all looks: what is wrong in which. Written to be quick, since it is asked of every page there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Page

from tests.browser.desk import PHONE, WIDE
from tests.browser.reader import STILL, complaints_as_it_stands, seen_as_it_stands

Scheme = Literal["light", "dark"]
Wrong = tuple[str, str, str]

#: The page is loaded once for each width; axe reads it then, and the colours change under it as when the evening comes.
LOOKS: Final[tuple[tuple[str, tuple[int, int], tuple[Scheme, Scheme]], ...]] = (
    ("wide", WIDE, ("light", "dark")),
    ("phone", PHONE, ("dark", "light")),
)
#: What web.dev calls good.
MOST_SHIFT: Final = 0.1
#: A4 without its margins, in CSS pixels.
PAPER: Final = (718, 1000)

#: Kept from the first moment on, since what has happened is not told to whoever asks late.
WATCH_SHIFTS: Final = """
  window.watched = {shift: 0, shifts: []};
  new PerformanceObserver(list => list.getEntries().forEach(each => {
    if (each.hadRecentInput) return;
    watched.shift += each.value;
    watched.shifts.push(...each.sources.map(source => source.node?.outerHTML?.slice(0, 80)));
  })).observe({type: "layout-shift", buffered: true});
"""
_LOADED: Final = f"""async () => {{
  await ({STILL})();
  return [document.documentElement.scrollWidth, document.documentElement.scrollHeight, watched.shift, watched.shifts];
}}"""
_STANDS: Final = f"""async () => {{
  await ({STILL})();
  return document.documentElement.scrollWidth;
}}"""
_PRINT: Final = """() => [
  ...[...document.querySelectorAll("nav, button, .btn, .shell-side, .shell-top, .topbar, form.list-tools")]
    .filter(each => each.checkVisibility() && each.getBoundingClientRect().height > 0)
    .map(each => ["printed though nobody can press paper", each.outerHTML.slice(0, 160)]),
  ...[...document.querySelectorAll("table, .table-responsive")].filter(each => each.checkVisibility())
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1
      || each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX !== "visible")
    .map(each => ["cut off on paper", `${each.outerHTML.slice(0, 160)} ${each.scrollWidth} > ${each.clientWidth}`]),
]"""
_FOCUS: Final = Path(__file__).with_name("focus.js").read_text(encoding="utf-8")


def wrong_in_all_looks(page: Page, load: Callable[[], object], *, once: bool = False) -> Iterator[Wrong]:
    """Look, rule and element. ``load`` opens the page; ``once``: axe reads it on the phone alone, for a page that it
    knows at full width but for a few sentences."""
    for name, (width, height), schemes in LOOKS:
        page.emulate_media(color_scheme=schemes[0])
        page.set_viewport_size({"width": width, "height": height})
        load()
        _wide, tall, shift, shifts = page.evaluate(_LOADED)
        if shift >= MOST_SHIFT:
            yield f"{name}, {schemes[0]}", "moved while it was loaded", f"{shift:.3f}: {shifts}"
        # As high as it is: a bar that sticks to the edge covers whatever happens to lie under it.
        page.set_viewport_size({"width": width, "height": max(tall, height)})
        for scheme in schemes:
            look = f"{name}, {scheme}"
            page.emulate_media(color_scheme=scheme)
            if page.evaluate(_STANDS) != width:
                yield look, "wider than the window", ""
            found = seen_as_it_stands(page)
            if scheme == schemes[0] and not (once and name == "wide"):
                found += complaints_as_it_stands(page)
            yield from ((look, rule, html) for rule, html in found)
    yield from (("by keyboard", "focus cannot be seen", html) for html in page.evaluate(_FOCUS))


def wrong_on_paper(page: Page) -> Iterator[Wrong]:
    """What is open, as it is printed."""
    page.emulate_media(media="print", color_scheme="light")
    page.set_viewport_size({"width": PAPER[0], "height": PAPER[1]})
    yield from (("paper", rule, html) for rule, html in page.evaluate(_PRINT))
    page.emulate_media(media="screen")
