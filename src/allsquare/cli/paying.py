"""What walks do at the pay page, whichever way they pay."""

from __future__ import annotations

from allsquare.billing.links import pay_url
from allsquare.cli.forms import Page
from allsquare.cli.stack import Stack
from allsquare.cli.steps import Saw, insist
from allsquare.cli.walk import Walker, approved
from allsquare.payments import selectors as payments
from allsquare.payments.models import Payment


def take_link(running: Stack, walker: Walker) -> Saw:
    walker.link = pay_url(walker.organization, walker.issued)
    return Saw("the customer has the link")


def choose(walker: Walker, page: Page, method: str) -> Page:
    """Press the button with the way that is called ``method``."""
    return walker.payer.submit(page, having="method", method=value_of(page, method))


def value_of(page: Page, method: str) -> str:
    """What the form sends for the way that is called ``method``."""
    offered = page.form(having="method").choices["method"]
    value = next((each for each in offered if each.startswith(f"{method}:")), "")
    insist(bool(value), f"The page does not offer {method}, but {offered}.")
    return value


def _tick_beside(way: str) -> str:
    """What the tick of consent beside it sends, where the account that the way names takes the payment itself."""
    return f"{way}/{way.partition(':')[2]}"


def enter_card(walker: Walker, number: str, *, keep: bool = False) -> Page:
    """``keep``: the payer ticks that the card may be kept."""
    page = walker.payer.open(walker.link)
    if keep:
        page.form(having="nonce").fields["keep"] = _tick_beside(value_of(page, "card"))
    hosted = choose(walker, page, "card")
    return walker.payer.submit(hosted, having="number", number=number, expiry="12/39", cvc="123")


def see_paid(walker: Walker, page: Page) -> Payment:
    page = approved(walker, page)
    insist("Paid" in page.text, f"The page does not say paid. It says: {page.text[:300]}")
    walker.page = page
    walker.payment = payments.payments_of_invoice(walker.organization, walker.issued)[0]
    insist(walker.payment.state == "succeeded", f"The payment is {walker.payment.state}.")
    return walker.payment
