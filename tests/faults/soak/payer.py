"""The payer: opens the link, chooses a way, types at the provider, comes back; double clicks and second tabs too."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from allsquare.cli.forms import Page
from allsquare_sandbox.cards import SCENARIOS
from tests.faults.soak.acknowledged import charge_of, receipts
from tests.faults.soak.decisions import Way
from tests.faults.soak.surfer import Surfer

#: Seconds that a payer tries to get to the provider's page, or waits for the word *Paid*.
PATIENCE: Final = 40.0

_NUMBERS: Final = {
    Way.CARD: ("visa",),
    Way.DECLINED_FIRST: ("declined", "mastercard"),
    Way.SECURE: ("secure",),
    Way.DOUBLE_CLICK: ("visa",),
    Way.SENT_TWICE: ("jcb",),
    Way.DEBIT: ("debit",),
    Way.DEBIT_BOUNCES: ("debit_poor",),
    Way.DEBIT_DISPUTED: ("debit_disputed",),
}


class Payer:
    def __init__(self, surfer: Surfer) -> None:
        self._surfer = surfer

    def pay(self, link: str, way: Way) -> list[str]:
        """As ``way`` says; returns the provider's names of the charges that were typed into."""
        if way is Way.TWO_WAYS:
            return self._in_two_tabs(link)
        charges = []
        for scenario in _NUMBERS[way]:
            kind = "bank_debit" if way.value.startswith("debit") else "card"
            page = self.reach_provider(link, kind, how=way)
            if page is not None:
                charges.append(charge_of(page.url))
                self.enter(page, scenario)
        return charges

    def reach_provider(self, link: str, kind: str, *, how: Way = Way.CARD) -> Page | None:
        """The provider's page for this invoice. ``None`` when nothing is owed, or it cannot be reached for long."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            page = self._surfer.open(link)
            form = page.find_form(having="method")
            if form is not None:
                way = next(value for value in form.choices["method"] if value.startswith(f"{kind}:"))
                page = self._press(page, way, how)
                if charge_of(page.url):
                    return page
            elif (
                receipts(page.response.text)
                or page.response.status_code >= 400
                or "Nothing to pay" in page.text
            ):
                return None
            time.sleep(0.5)
        return None

    def enter(self, page: Page, scenario: str) -> Page:
        """Type a test card or account, and confirm it when the bank asks."""
        number = SCENARIOS[scenario].number
        if page.find_form(having="number"):
            page = self._surfer.submit(page, having="number", number=number, expiry="12/39", cvc="123")
        elif page.find_form(having="iban"):
            page = self._surfer.submit(page, having="iban", iban=number, holder="Ada Example")
        if charge_of(page.url) and page.find_form(to="/challenge"):
            page = self._surfer.submit(page, to="/challenge", answer="approve")
        return page

    def wait_for_receipt(self, link: str) -> str:
        """The payment of which the page says that it came; empty when it does not say so in time."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = receipts(self._surfer.open(link).response.text)
            if found:
                return found[0]
            time.sleep(0.5)
        return ""

    def _press(self, page: Page, way: str, how: Way) -> Page:
        """The button; twice at once for a double click, and again with the same form when the answer got lost."""
        if how is Way.DOUBLE_CLICK:
            return self._press_twice(page, way)
        pressed = self._surfer.submit(page, having="method", method=way)
        if how is Way.SENT_TWICE:
            pressed = self._surfer.submit(page, having="method", method=way)
        return pressed

    def _press_twice(self, page: Page, way: str) -> Page:
        twin = self._surfer.twin()
        with ThreadPoolExecutor(2) as pool:
            both = [
                pool.submit(surfer.submit, page, having="method", method=way)
                for surfer in (self._surfer, twin)
            ]
            pages = [each.result() for each in both]
        twin.close()
        return next((each for each in pages if charge_of(each.url)), pages[0])

    def _in_two_tabs(self, link: str) -> list[str]:
        """Both tabs are opened before either is paid. A payer may pay twice; then it is credit."""
        pages = [self.reach_provider(link, kind) for kind in ("card", "bank_debit")]
        for page, scenario in zip(pages, ("visa", "debit"), strict=True):
            if page is not None:
                self.enter(page, scenario)
        return [charge_of(page.url) for page in pages if page is not None]
