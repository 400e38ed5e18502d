"""A clerk's desk: a world of its own, and browsers that are signed in to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from allsquare.billing.models import Invoice
from allsquare.web.console.live.hub import HUB
from tests.factories import make_organization
from tests.web.console.world import World

WIDE, PHONE = (1280, 900), (360, 740)
#: The two ends of what people have before them, for a test that goes its whole way in each.
LOOKS: Final = pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide light", "phone dark"]
)


#: What the console says of things that are as they should be: a page of an error, live totals that are asked for anew
#: while an answer is under way (a slow machine types faster than it reads), and one that still has a line taken away.
EXPECTED: Final = (
    "the server responded with a status of",
    "htmx:afterRequest",
    "htmx:sendAbort",
    "htmx:oobErrorNoTarget, #amount-",
)


#: Until its scripts have come, a page says that nothing on it can be used: what a test presses or fills in waits for
#: that. It would do nothing, or be typed over, where the machine is slow and the test is not. Frames are left alone.
_UNTIL_ALIVE: Final = """(() => {
  if (window !== window.top) return;
  const hold = () => document.documentElement?.setAttribute("aria-disabled", "true");
  const begun = new MutationObserver(() => { if (document.documentElement) { begun.disconnect(); hold(); } });
  if (document.documentElement) hold(); else begun.observe(document, {childList: true});
  addEventListener("DOMContentLoaded", () => document.documentElement.removeAttribute("aria-disabled"));
})()"""


def patient(page: Page) -> Page:
    """Nothing is pressed or filled in before the page's scripts are there. Done in a world of its own, whose scripts no
    policy of ours knows; not for a page without scripts, and what is typed by keys alone waits for nothing."""
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    source = {"source": _UNTIL_ALIVE, "worldName": "patience"}
    session.send("Page.addScriptToEvaluateOnNewDocument", source)
    return page


def watched(page: Page, complaints: list[str], *, scripts: bool = True) -> Page:
    """What its browser complains of is put among the ``complaints``, which a test looks at in the end."""
    if scripts:
        patient(page)
    page.set_default_timeout(30_000)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type == "error" and not any(words in said.text for words in EXPECTED)
            else None
        ),
    )
    return page


#: By how many pixels it is too wide when it stands still, or after five seconds. Within the page: Playwright's own
#: waiting evaluates text there, which our policy refuses.
_TOO_WIDE: Final = """async () => {
  const wide = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  for (let times = 0; times < 50 && wide() > 0; times++) await new Promise(done => setTimeout(done, 100));
  return wide();
}"""


def fits(page: Page) -> None:
    """Nothing is wider than the screen, once all has found its place: a chart draws itself anew a moment later."""
    page.wait_for_load_state()
    assert page.locator("body").evaluate(_TOO_WIDE) <= 0, page.url


def fits_everywhere(page: Page) -> None:
    """Neither on a desk nor on a phone, whose sizes the page takes one after the other."""
    kept = page.viewport_size
    assert kept is not None
    for width, height in (PHONE, WIDE):
        page.set_viewport_size({"width": width, "height": height})
        fits(page)
    page.set_viewport_size(kept)


def refused(page: Page, field: str, sentence: str) -> None:
    """The page says what is wrong, once at its top and at the ``field`` (an id), which is marked for those who do not
    see it."""
    expect(page.locator(f"#{field}_error")).to_contain_text(sentence)
    expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
    alert = page.get_by_role("alert").filter(has_text="Something needs another look")
    expect(alert.get_by_role("listitem").filter(has_text=sentence).first).to_be_visible()
    fits(page)


@dataclass
class Desk:
    """A clerk's desk: a world, and browsers that are signed in to it."""

    world: World
    browser: Browser
    base_url: str
    complaints: list[str] = field(default_factory=list)

    def page(
        self,
        size: tuple[int, int] = WIDE,
        *,
        scheme: str = "light",
        scripts: bool = True,
        axe: bool = False,
        calm: bool = False,
        client: Client | None = None,
    ) -> Page:
        """Of an owner, or of whoever ``client`` is. What the browser complains of fails the test; ``axe`` lets it in
        past the policy; ``calm`` is for those who asked for little movement: nobody waits for a colour to arrive."""
        client = client or self.world.client()
        context = self.browser.new_context(
            base_url=self.base_url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            has_touch=size == PHONE,
            java_script_enabled=scripts,
            bypass_csp=axe,
            reduced_motion="reduce" if calm else "no-preference",
            # A person's own pages speak the browser's language until they have chosen one.
            locale=self.world.organization.language,
        )
        if "sessionid" in client.cookies:
            context.add_cookies(
                [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.base_url}]
            )
        return watched(context.new_page(), self.complaints, scripts=scripts)

    def only_invoice(self) -> Invoice:
        return Invoice.objects.get(organization=self.world.organization)


@pytest.fixture
def server(live_server: LiveServer, chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that holds nothing of the database when its test is over."""
    # No thread of the server keeps a connection beyond its request: the test database could not be dropped.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    yield live_server.url
    for context in chromium.contexts:
        context.close()
    HUB.stop()  # no stream outlives its page's test
    _wait_for_requests()


_UNDER_WAY: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
      AND state IN ('active', 'idle in transaction')
"""


def _wait_for_requests() -> None:
    """A browser that is closed does not end what the server does for it, and what that writes is no other test's."""
    quiet = 0
    for _time in range(200):
        with connection.cursor() as cursor:
            cursor.execute(_UNDER_WAY)
            quiet = 0 if cursor.fetchone() != (0,) else quiet + 1
        if quiet == 2:  # what was between two statements is seen by the second look
            return
        time.sleep(0.02)


@pytest.fixture
def desk(server: str, chromium: Browser) -> Iterator[Desk]:
    desk = Desk(World(make_organization(name="Harbour & Pine")), chromium, server)
    yield desk
    assert not desk.complaints, desk.complaints
