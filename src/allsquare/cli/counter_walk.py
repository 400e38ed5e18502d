"""A card in the shop: the clerk wakes a reader up, a payer walks away, one is declined, and one pays, gives a tip and
lets the card be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from allsquare.cli.forms import Page
from allsquare.cli.stack import Stack
from allsquare.cli.steps import Saw, insist, wait_until
from allsquare.cli.walk import CARD, Walker
from allsquare.payments import selectors as payments
from allsquare.payments.saved import kept_methods
from allsquare.payments.tips import tip_of

_TIP: Final = 150
DECLINED: Final = "4000000100000001"


def _readers(running: Stack, walker: Walker) -> list[dict[str, str]]:
    found = running.sandbox("GET", "/v1/readers", api_key=walker.gateway.api_key)["data"]
    return [{"id": str(each["id"]), "label": str(each["label"])} for each in found]


def _do(running: Stack, walker: Walker, act: str, **more: object) -> None:
    """At the first reader."""
    name = _readers(running, walker)[0]["id"]
    running.sandbox("POST", f"/control/readers/{name}/{act}", api_key=walker.gateway.api_key, **more)


def _choose(running: Stack, walker: Walker, **ticks: str) -> Page:
    """The clerk wakes the first reader up."""
    first = _readers(running, walker)[0]
    page = walker.clerk.open(f"{running.base_url}/invoices/{walker.issued.id}/take-card/")
    offered = page.form(having="reader").choices["reader"]
    value = next(each for each in offered if each.endswith(first["id"]))
    woken = walker.clerk.submit(page, having="reader", reader=value, **ticks)
    insist(f"“{first['label']}” waits for a card" in woken.text, f"The page says: {woken.text[:300]}")
    walker.payment = payments.payments_of_invoice(walker.organization, walker.issued)[0]
    return woken


def _see_unplugged(running: Stack, walker: Walker) -> Saw:
    _do(running, walker, "unplug")
    page = walker.clerk.open(f"{running.base_url}/invoices/{walker.issued.id}/take-card/")
    insist("(not connected)" in page.text, f"The page does not say so: {page.text[:300]}")
    _do(running, walker, "plug")
    return Saw("a reader that is unplugged says so")


def _walk_away(running: Stack, walker: Walker) -> Saw:
    woken = _choose(running, walker)
    payer = walker.payer.open(walker.link)
    insist("Hold your card to the reader" in payer.text, f"The payer is not told: {payer.text[:300]}")
    page = walker.clerk.submit(woken, to="/reader/cancel/")
    insist("The reader waits no longer" in page.text, f"The page says: {page.text[:300]}")
    insist(walker.paid.state == "canceled", f"The payment is {walker.paid.state}.")
    return Saw("the payer left, the clerk let the reader go, and nothing was charged")


def _be_declined(running: Stack, walker: Walker) -> Saw:
    _choose(running, walker)
    _do(running, walker, "present", number=DECLINED)
    wait_until(lambda: walker.paid.state == "declined", "The decline was not heard of.")
    insist(walker.issued.paid_minor == 0, "Something was paid.")
    return Saw("declined at the reader, and nothing was charged")


def _pay(running: Stack, walker: Walker) -> Saw:
    woken = _choose(running, walker, tips="on", keep="on")
    _do(running, walker, "present", number=CARD, tip=_TIP)
    watched = walker.clerk.open(f"{woken.url}reader/")
    insist(watched.response.status_code == 204, f"The page goes on waiting: {watched.text[:300]}")
    insist(walker.paid.state == "succeeded", f"The payment is {walker.paid.state}.")
    insist(walker.issued.state == "paid", f"The invoice is {walker.issued.state}.")
    page = walker.clerk.open(woken.url)
    for words in (
        "Received",
        "At the reader",
        _readers(running, walker)[0]["label"],
        "as the customer agreed",
    ):
        insist(words in page.text, f"The page does not show {words}.")
    return Saw("a card was held to the reader, and the invoice is paid")


def _see_the_tip(running: Stack, walker: Walker) -> Saw:
    tip = wait_until(lambda: tip_of(walker.organization, walker.paid), "The tip has no invoice.")
    insist(tip.invoice.state == "paid", f"The invoice of the tip is {tip.invoice.state}.")
    insist(tip.invoice.total_minor == _TIP, f"The tip is {tip.invoice.total_minor}.")
    page = walker.clerk.open(f"{running.base_url}/payments/{walker.paid.id}/")
    insist(str(tip.invoice.number) in page.text, "The page does not lead to the invoice of the tip.")
    return Saw("the tip has an invoice of its own, which it paid")


def _see_it_kept(running: Stack, walker: Walker) -> Saw:
    (kept,) = kept_methods(walker.organization, walker.issued.customer_id)
    insist(kept.consent is not None, "What the customer agreed to was not kept.")
    page = walker.clerk.open(f"{running.base_url}/customers/{walker.issued.customer_id}/methods/")
    for words in (CARD[-4:], "from the reader", "In person, at the reader"):
        insist(words in page.text, f"The page does not show {words}.")
    return Saw("the card is kept, with what was agreed to and before whom")


AT_THE_COUNTER: Final[tuple[tuple[str, Callable[[Stack, Walker], Saw]], ...]] = (
    ("see a reader unplugged", _see_unplugged),
    ("wake it up, and walk away", _walk_away),
    ("wake it up, and be declined", _be_declined),
    ("wake it up, and pay", _pay),
    ("see the tip", _see_the_tip),
    ("see the card kept", _see_it_kept),
)
