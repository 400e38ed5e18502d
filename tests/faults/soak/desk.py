"""A desk: somebody who signs in, writes invoices and sees to what becomes of them, and the payers of those invoices."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Final

from allsquare.cli.forms import Page, PageSurprise
from tests.faults.soak.acknowledged import Acknowledged, pay_link
from tests.faults.soak.decisions import After, Case, Way, case
from tests.faults.soak.payer import Payer
from tests.faults.soak.provider import Provider
from tests.faults.soak.surfer import Surfer, Unanswered

EMAIL: Final = "owner@soak.example"
PASSWORD: Final = "eleven green herrings"


@dataclass(slots=True)
class Work:
    """What all desks share. ``seed`` decides; ``sent`` counts the forms that went out."""

    seed: int
    base_url: str
    told: Acknowledged
    provider: Provider
    sent: Callable[[], None]
    stop: threading.Event = field(default_factory=threading.Event)
    unanswered: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    def surfer(self, address: str = "127.0.0.1") -> Surfer:
        return Surfer(heard=self.told.hear, sent=self.sent, address=address)


class Desk(threading.Thread):
    """Works through its cases, one after the other, until the day is over."""

    def __init__(self, work: Work, number: int) -> None:
        super().__init__(name=f"desk {number}")
        self.work, self.number = work, number
        self.cases = 0
        self.end: Exception | None = None  # what nobody foresaw ended its work
        self._clerk = work.surfer()
        self._customers: list[str] = []

    def run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001  # raised where the desks are waited for, not lost with the thread
            self.end = error

    def _work(self) -> None:
        sign_in(self._clerk, self.work.base_url)
        while not self.work.stop.is_set():
            # Payers do not live together: a few of each hundred press without paying.
            payer = self.work.surfer(
                f"127.{self.number % 200 + 2}.{self.cases // 250 % 250}.{self.cases % 250 + 2}"
            )
            decided = case(self.work.seed, self.number, self.cases)
            try:
                self._see_to(decided, Payer(payer))
            except (PageSurprise, Unanswered) as error:
                told = self.work.unanswered if isinstance(error, Unanswered) else self.work.surprises
                told.append(f"{decided.name} ({decided.way}, {decided.after}): {error.message}")
            payer.close()
            self.cases += 1
        self._clerk.close()

    def _see_to(self, decided: Case, payer: Payer) -> None:
        invoice = self._bill(decided)
        link = self._issue(invoice, twice=decided.issued_twice)
        match decided.way:
            case Way.CASH:
                self._record(invoice, decided.name, "cash", part=None)
            case Way.TRANSFER_IN_PARTS:
                self._record(invoice, f"{decided.name} first", "bank_transfer", part=Decimal("0.4"))
                self._record(invoice, f"{decided.name} rest", "bank_transfer", part=None)
            case Way.LEFT:
                payer.reach_provider(link, "card")
            case Way.VOID_MEANWHILE:
                self._void_while_paid(invoice, link, payer)
            case _:
                charges = payer.pay(link, decided.way)
                if decided.after is not After.NOTHING:
                    self._afterwards(decided, payer.wait_for_receipt(link), charges)
        if decided.pays_out:
            self.work.provider.pay_out()
            if decided.payout_returns:
                self.work.provider.return_payout()

    def _bill(self, decided: Case) -> str:
        """A draft; its id."""
        if decided.new_customer or not self._customers:
            self._customers.append(self._enter_customer(decided.name))
        values = {"customer": self._customers[decided.customer % len(self._customers)]}
        for place, (quantity, price) in enumerate(decided.lines):
            values |= {
                f"lines-{place}-description": f"{decided.name} line {place}",
                f"lines-{place}-quantity": str(quantity),
                f"lines-{place}-unit_price": str(price),
            }
        page = self._clerk.open(f"{self.work.base_url}/invoices/new/")
        page = self._clerk.submit(page, having="lines-0-description", **values)
        invoice = _id_in(page, "/invoices/")
        if decided.edited:
            page = self._clerk.open(f"{self.work.base_url}/invoices/{invoice}/edit/")
            changed = {"lines-0-description": f"{decided.name} as agreed"}
            self._clerk.submit(page, having="lines-0-description", **changed)
        return invoice

    def _enter_customer(self, name: str) -> str:
        page = self._clerk.open(f"{self.work.base_url}/customers/new/")
        page = self._clerk.submit(
            page,
            having="email",
            name=f"Customer {name}",
            email=f"{name}@customer.example",
            street="Am Markt 1",
            postal_code="10115",
            city="Berlin",
            country="DE",
            language="en",
            currency="EUR",
        )
        return _id_in(page, "/customers/")

    def _issue(self, invoice: str, *, twice: bool) -> str:
        """Issue and send it; the pay link."""
        page = self._clerk.open(f"{self.work.base_url}/invoices/{invoice}/issue/")
        # The form that moves the clock has a ``seen`` too, and says where it leads ``back``.
        for form in [each for each in page.forms if "seen" in each.fields and "back" not in each.fields]:
            for _ in range(2 if twice else 1):
                self._clerk.send(page, form)
        shown = self._clerk.open(f"{self.work.base_url}/invoices/{invoice}/")
        link = pay_link(shown.response.text)
        if not link:
            raise PageSurprise(f"Invoice {invoice} was not issued: {shown.text[:300]}")
        return link

    def _record(self, invoice: str, note: str, method: str, *, part: Decimal | None) -> None:
        page = self._clerk.open(f"{self.work.base_url}/invoices/{invoice}/record-payment/")
        values = {"note": note, "method": method}
        if part is not None:
            values["amount"] = _share(page.form(having="note").fields["amount"], part)
        self._clerk.submit(page, having="note", **values)

    def _void_while_paid(self, invoice: str, link: str, payer: Payer) -> None:
        """The payer is at the provider's page when the invoice is voided, and pays all the same."""
        at_provider = payer.reach_provider(link, "card")
        page = self._clerk.open(f"{self.work.base_url}/invoices/{invoice}/void/")
        self._clerk.submit(page, having="reason", reason="Ordered by mistake")
        if at_provider is not None:
            payer.enter(at_provider, "visa")

    def _afterwards(self, decided: Case, payment: str, charges: list[str]) -> None:
        if not payment or not charges:
            return
        match decided.after:
            case After.DISPUTE_WON | After.DISPUTE_LOST:
                self.work.provider.dispute(charges[-1], won=decided.after is After.DISPUTE_WON)
            case After.TWO_AT_ONCE:
                twin = self._clerk.twin()
                with ThreadPoolExecutor(2) as pool:
                    both = [
                        pool.submit(
                            self._give_back, surfer, payment, f"{decided.name} {hand}", Decimal("0.6")
                        )
                        for hand, surfer in (("left", self._clerk), ("right", twin))
                    ]
                    for each in both:
                        each.result()
                twin.close()
            case After.PART:
                self._give_back(self._clerk, payment, decided.name, Decimal("0.25"))
            case After.REFUND:
                self._give_back(self._clerk, payment, decided.name, Decimal(1))
            case After.RETURNED:
                self._give_back(self._clerk, payment, decided.name, Decimal("0.5"))
                self.work.provider.return_refund(charges[-1])

    def _give_back(self, surfer: Surfer, payment: str, reason: str, part: Decimal) -> None:
        page = surfer.open(f"{self.work.base_url}/payments/{payment}/refund/")
        form = page.find_form(having="reason")
        if form is not None and form.fields.get("amount"):
            amount = _share(form.fields["amount"], part)
            surfer.submit(page, having="reason", reason=reason, amount=amount)


def sign_in(surfer: Surfer, base_url: str) -> Page:
    page = surfer.open(f"{base_url}/")
    if page.find_form(having="login") is None:
        return page
    return surfer.submit(page, having="login", login=EMAIL, password=PASSWORD)


def _share(text: str, part: Decimal) -> str:
    amount = (Decimal(text.replace(",", "")) * part).quantize(Decimal("0.01"), ROUND_DOWN)
    return str(max(amount, Decimal("0.01")))


def _id_in(page: Page, shelf: str) -> str:
    """The id after ``shelf`` in the address to which the form led."""
    _, found, rest = page.url.partition(shelf)
    name = rest.split("/")[0]
    if not found or len(name) != 36:
        raise PageSurprise(
            f"{page.url} ({page.response.status_code}) is not below {shelf}: {page.text[:300]}"
        )
    return name
