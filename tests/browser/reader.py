"""What a person who hears a page, or sees it badly, would complain of: axe says it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page

AXE = Path(settings.FRONTEND_DIR) / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
#: Those that depend on how wide the window is and in which colours it is drawn; the others read the page's structure.
SEEN = ["color-contrast", "target-size"]
_SEEN = Path(__file__).with_name("seen.js").read_text(encoding="utf-8")
#: Letters have arrived and nothing moves any more: what is measured on the way is not what people meet.
STILL = """async () => {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  await document.fonts.ready;
  const ends = each => each.playState === "running" && each.effect.getComputedTiming().endTime !== Infinity;
  const moved = Promise.allSettled(document.getAnimations().filter(ends).map(each => each.finished));
  // What is out of sight may stand still in the middle of its way.
  await Promise.race([moved, new Promise(soon => setTimeout(soon, 3000))]);
}"""


#: Only what is asked for comes back: the whole of what axe knows of a page is a megabyte.
_ASK = """([where, how]) => axe.run(where, how).then(({passes, violations}) => [
  passes.length, violations.flatMap(({id, nodes}) => nodes.map(({html}) => [id, html]))])"""


def complaints(page: Page, part: str = "html", *, rules: list[str] | None = None) -> list[tuple[str, str]]:
    """The rule and an element that breaks it, for each that does, by axe's rules; frames are left out.

    The page must have been opened past its policy (``bypass_csp``). Fails when axe found next to nothing to look at.
    """
    with _whole(page):
        return complaints_as_it_stands(page, part, rules=rules)


def complaints_as_it_stands(
    page: Page, part: str = "html", *, rules: list[str] | None = None
) -> list[tuple[str, str]]:
    """As :func:`complaints`, for a page that is shown whole and stands still already."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    where = {"include": part, "exclude": ["iframe"]}
    passed, found = page.evaluate(_ASK, [where, {"runOnly": rules or _RULES, "resultTypes": ["violations"]}])
    assert passed > (5 if rules is None else 0)
    return [(rule, html) for rule, html in found]


def seen(page: Page) -> list[tuple[str, str]]:
    """:data:`SEEN` by a reader of our own, which takes some hundredths of a second where axe takes one."""
    with _whole(page):
        return seen_as_it_stands(page)


def seen_as_it_stands(page: Page) -> list[tuple[str, str]]:
    return [(rule, html) for rule, html in page.evaluate(_SEEN)]


def wrong_by_day_and_night(page: Page, *, rules: list[str] | None = None) -> list[tuple[str, str]]:
    """What axe complains of in the colours that the page has, and what is seen in the others, in which it is left."""
    found = complaints(page, rules=rules)
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    page.emulate_media(color_scheme="light" if dark else "dark")
    return found + seen(page)


@contextmanager
def _whole(page: Page) -> Iterator[None]:
    """A page that stands still in a window as high as it is: a bar that sticks to the edge covers whatever happens to
    lie under it, which nobody calls too small a target."""
    page.wait_for_load_state()  # a press may have led here a moment ago
    page.evaluate(STILL)
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({**size, "height": page.evaluate("document.documentElement.scrollHeight")})
    yield
    page.set_viewport_size(size)
