"""How fast a pay page can be used on a slow phone, and whether pages stand still while they load: Chromium measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.desk import PHONE, WIDE, Desk, desk
from tests.browser.shop import Shop, shop

__all__ = ["desk", "shop"]  # the fixtures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Four times slower than the machine of the test (issue 3), and milliseconds until the page can be used.
SLOWER, INTERACTIVE = 4, 1000
#: What web.dev calls good.
MOST_SHIFT: Final = 0.1

#: Kept from the first moment on, since what has happened is not told to whoever asks late.
WATCH = """
  window.watched = {shift: 0, blocked: 0, shifts: []};
  new PerformanceObserver(list => list.getEntries().forEach(each => {
    if (each.hadRecentInput) return;
    watched.shift += each.value;
    watched.shifts.push(...each.sources.map(source => source.node?.outerHTML?.slice(0, 80)));
  })).observe({type: "layout-shift", buffered: true});
  new PerformanceObserver(list => list.getEntries().forEach(each => {
    watched.blocked += Math.max(0, each.duration - 50);
  })).observe({type: "longtask", buffered: true});
"""
MEASURED = """() => {
  const [navigation] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return {interactive: navigation.domInteractive, answered: navigation.responseEnd, painted: paint.startTime,
    ...watched};
}"""
#: A fixed piece of work: how long it takes says how fast the processor is.
WORK = """() => {
  const begun = performance.now();
  let sum = 0;
  for (let each = 0; each < 3e7; each++) sum = (sum * 31 + each) % 1000003;
  return performance.now() - begun + sum * 0;
}"""


@dataclass(frozen=True)
class Measured:
    """Milliseconds since the page was asked for: it can be used once it is painted and read, and nothing long runs."""

    answered: float
    painted: float
    interactive: float
    blocked: float
    shift: float

    @property
    def usable(self) -> float:
        return max(self.painted, self.interactive) + self.blocked

    @property
    def own(self) -> float:
        """Without the server's time, which ``make bench`` measures: here it shares the processor with the test."""
        return self.usable - self.answered


def measure(page: Page, address: str) -> Measured:
    page.goto(address, wait_until="load")
    until_in(page, "performance.getEntriesByName('first-contentful-paint').length > 0")
    page.wait_for_timeout(300)  # late shifts and long tasks
    found = page.evaluate(MEASURED)
    return Measured(**{name: found[name] for name in Measured.__dataclass_fields__})


def until_in(page: Page, condition: str) -> None:
    """Wait for it. Playwright's own waiting evaluates text within the page, which our policy refuses."""
    again = f"() => {condition} ? done() : requestAnimationFrame(look)"
    page.evaluate(f"() => new Promise(done => {{ const look = {again}; look(); }})")


def slow_down(page: Page, times: int) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})


def test_the_pay_page_can_be_used_within_a_second_on_a_slow_phone(shop: Shop) -> None:
    page = shop.page(PHONE)
    link = shop.link(shop.invoice())
    page.goto(link)  # the server's own first time is not the phone's
    page.context.clear_cookies()
    page.add_init_script(WATCH)
    quick = min(page.evaluate(WORK) for _each in range(3))
    slow_down(page, SLOWER)
    slow = min(page.evaluate(WORK) for _each in range(3))
    assert slow > quick * SLOWER / 2, "the processor was not slowed down"
    found = min((measure(page, link) for _each in range(3)), key=lambda each: each.own)
    print(  # noqa: T201  # the figure of the issue
        f"\npay page, processor slowed {slow / quick:.1f} times: answered {found.answered:.0f} ms, painted "
        f"{found.painted:.0f} ms, interactive {found.interactive:.0f} ms, blocked {found.blocked:.0f} ms, "
        f"usable {found.usable:.0f} ms, of these the page's own {found.own:.0f} ms, layout shift {found.shift:.3f}"
    )
    assert found.own < INTERACTIVE
    assert found.shift < MOST_SHIFT


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_pages_stand_still_while_they_load(desk: Desk, size: tuple[int, int]) -> None:
    world = desk.world
    payment = world.paid(world.issued())
    world.note(pinned=True)
    page = desk.page(size)
    page.add_init_script(WATCH)
    pages = {
        "home": [],
        "invoice_list": [],
        "invoice_new": [],
        "invoice": [world.issued().id],
        "customer": [world.customer.id],
        "customer_statement": [world.customer.id],
        "payment": [payment.id],
        "trial_balance": [],
        "settings_organization": [],
    }
    shifts = {name: measure(page, reverse(f"console:{name}", args=ids)).shift for name, ids in pages.items()}
    assert {name: shift for name, shift in shifts.items() if shift >= MOST_SHIFT} == {}


def test_a_shift_would_be_seen(desk: Desk) -> None:
    """The twin of the test above: it would pass for a browser that counts nothing."""
    page = desk.page()
    page.add_init_script(WATCH)
    page.goto(reverse("console:customer", args=[desk.world.customer.id]))
    page.evaluate(
        """() => { const box = document.createElement("div"); box.style.height = "400px";
          document.querySelector("main").prepend(box); }"""
    )
    until_in(page, "watched.shift > 0.1")
    assert page.evaluate("watched.shift") > MOST_SHIFT
