"""A saved card: agreed to while paying, then one press pays the next invoice, then its owner takes it back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from allsquare.cli.forms import Page
from allsquare.cli.paying import enter_card, see_paid, take_link, value_of
from allsquare.cli.smtp_catcher import CaughtMail, caught
from allsquare.cli.stack import Stack
from allsquare.cli.steps import Saw, insist, wait_until
from allsquare.cli.walk import CARD, Walker, approved, draft, issue
from allsquare.core.selectors import events_of
from allsquare.payments.models import PaymentMethod
from allsquare.payments.saved import kept_methods, removed_methods

_ENDING: Final = CARD[-4:]


def _pay_and_keep(running: Stack, walker: Walker) -> Saw:
    page = walker.payer.open(walker.link)
    insist("with one press" in page.text, "The page does not say what the tick agrees to.")
    see_paid(walker, enter_card(walker, CARD, keep=True))
    (kept,) = kept_methods(walker.organization, walker.issued.customer_id)
    insist(kept.method.last_four == _ENDING, f"The card ends in {kept.method.last_four}.")
    insist(kept.consent is not None, "What the payer agreed to was not kept.")
    assert kept.consent is not None  # noqa: S101  # told to the type checker
    insist(kept.consent.text in page.text, "What was kept is not what the page said.")
    insist(bool(kept.consent.address), "From where they agreed was not kept.")
    return Saw("paid, and the card is kept with the words that were agreed to")


def _press_once(running: Stack, walker: Walker) -> Saw:
    page = walker.payer.open(walker.link)
    insist(_ENDING in page.text, "The page does not offer the saved card.")
    chosen = page.form(having="nonce").fields.get("method", "")
    insist(chosen == value_of(page, "saved"), f"The saved card does not come first, but {chosen}.")
    (saved,) = kept_methods(walker.organization, walker.issued.customer_id)
    insist(saved.method.expires not in page.text, "The link tells when the card ends.")
    pressed = walker.payer.submit(page, having="nonce")
    insist(pressed.find_form(having="number") is None, "The provider asks for the card again.")
    payment = see_paid(walker, approved(walker, pressed))
    insist(payment.method_last_four == _ENDING, f"Another card was charged: {payment.method_last_four}.")
    charge = running.sandbox("GET", f"/v1/charges/{payment.reference}", api_key=walker.gateway.api_key)
    insist(charge["payment_method"]["token"] == saved.method.token, "Another card was charged there.")
    return Saw("one press paid, and no card was entered")


def _ask_for_the_key(running: Stack, walker: Walker) -> Saw:
    page = walker.payer.open(f"{walker.link}methods/")
    walker.payer.submit(page, to="/methods/")

    def mailed() -> CaughtMail | None:
        mine = [mail for mail in caught(running.mail_directory) if walker.payer_email in mail.recipients]
        return next((mail for mail in mine if "/pay/methods/" in mail.text), None)

    mail = wait_until(mailed, "The link to the saved methods was not mailed.")
    found = re.search(re.escape(running.base_url) + r"/pay/methods/[\w-]+/", mail.text)
    insist(found is not None, "The mail has no link.")
    walker.page = walker.payer.open(found.group() if found else "")
    insist(_ENDING in walker.shown.text, "The page does not show the card.")
    insist("What you agreed to" in walker.shown.text, "The page does not show what was agreed to.")
    return Saw("the key came by mail, and opens the saved card with what was agreed to")


def _remove(running: Stack, walker: Walker) -> Saw:
    (kept,) = kept_methods(walker.organization, walker.issued.customer_id)
    token = kept.method.token
    page = walker.payer.submit(walker.shown, to="/remove")
    insist("is removed" in page.text, f"The page does not say removed: {page.text[:300]}")

    def forgotten() -> bool:
        there = running.sandbox("GET", f"/v1/methods/{token}", api_key=walker.gateway.api_key)
        return bool(there["removed"])

    wait_until(forgotten, "The provider was not told to forget the card.")
    (gone,) = removed_methods(walker.organization, walker.issued.customer_id)
    insist(gone.consent is not None, "What was agreed to went with the card.")
    kinds = [event.kind for event in events_of(walker.organization.id, [gone.method.customer_id], limit=50)]
    insist(kinds.count("payment_method.removed") == 1, f"The log does not tell of it: {kinds}")
    return Saw("the card is charged no more, and the provider has forgotten it")


def _see_no_card(running: Stack, walker: Walker) -> Saw:
    page: Page = walker.payer.open(walker.link)
    offered = page.form(having="nonce").choices["method"]
    insist(not any(each.startswith("saved:") for each in offered), f"It is still offered: {offered}")
    left = PaymentMethod.objects.filter(
        organization=walker.organization, customer_id=walker.issued.customer_id, removed_at__isnull=True
    )
    insist(not left.exists(), "A card is still kept.")
    return Saw("the next invoice offers no saved card")


_NEXT: Final = (("draft another", draft), ("issue that", issue), ("take its link", take_link))

SAVED_CARD: Final[tuple[tuple[str, Callable[[Stack, Walker], Saw]], ...]] = (
    ("pay, and let the card be kept", _pay_and_keep),
    *_NEXT,
    ("pay by one press", _press_once),
    ("ask for the key to the saved card", _ask_for_the_key),
    ("remove it", _remove),
    *_NEXT,
    ("see it gone", _see_no_card),
)
