"""A provider that is down, walked: the next one takes what surely did not reach it, and new payments go there."""

from __future__ import annotations

import re
from typing import Final

from allsquare.cli.company import connect_sandbox
from allsquare.cli.paying import take_link
from allsquare.cli.smtp_catcher import caught
from allsquare.cli.stack import Stack
from allsquare.cli.steps import Saw, insist, wait_until
from allsquare.cli.walk import Walker, draft, enter_customer, issue, prove, sign_in
from allsquare.cli.walks import Walk, pay_by_card
from allsquare.core.actor import SYSTEM
from allsquare.core.selectors import events_of
from allsquare.payments import selectors as payments
from allsquare.payments.health import LEAST
from allsquare.payments.services.change_gateway_account import change_gateway_account

SECOND: Final = "Second sandbox"
#: What nobody knows at the provider.
_REVOKED: Final = "sk_sandbox_revoked"


def _connect_second(running: Stack, walker: Walker) -> Saw:
    connect_sandbox(running, walker.organization, label=SECOND)
    page = walker.clerk.open(
        f"{running.base_url}/settings/payment-routes/?method=card&amount=100&currency=EUR"
    )
    insist("No rule fits" in page.text, f"The page does not say why. It says: {page.text[:300]}")
    insist(
        re.search(f"{SECOND}.*stands in", page.text, re.DOTALL) is not None, "The second does not stand in."
    )
    return Saw("a second account stands in for the first")


def _break_first(running: Stack, walker: Walker) -> Saw:
    """Its key is revoked: it refuses every request, so nothing reaches it."""
    account = walker.gateway.account
    stored = payments.open_settings(walker.organization, account)
    change_gateway_account(
        organization=walker.organization,
        account_id=account.id,
        label=account.label,
        settings={**stored, "api_key": _REVOKED},
        actor=SYSTEM,
    )
    return Saw("the first account takes nothing any more")


def _pay_at_second(running: Stack, walker: Walker) -> Saw:
    pay_by_card(running, walker)
    attempts = payments.trace(walker.organization, walker.paid.id).attempts
    insist(walker.paid.gateway_account.label == SECOND, f"{walker.paid.gateway_account} took it.")
    insist(walker.issued.state == "paid", f"The invoice is {walker.issued.state}.")
    tries = [attempt.status for attempt in attempts]
    insist(tries[-1] == "succeeded", f"The attempts are {tries}.")
    return Saw(f"the payer noticed nothing: paid at the second account, after {len(tries)} attempts")


def _see_down(running: Stack, walker: Walker) -> Saw:
    account = walker.gateway.account
    kinds = [event.kind for event in events_of(walker.organization.id, [account.id], limit=50)]
    insist(kinds.count("gateway_account.down") == 1, f"The log of the account has {kinds}.")
    page = walker.clerk.open(f"{running.base_url}/settings/payment-routes/")
    insist("does not answer" in page.text, f"The page does not say so. It says: {page.text[:300]}")

    def mailed() -> bool:
        return any(
            walker.email in mail.recipients and mail.subject.endswith("does not answer")
            for mail in caught(running.mail_directory)
        )

    wait_until(mailed, "The owner was not told.")
    return Saw("it counts as down; the owner has one mail, and the page says why")


def _pay_past_first(running: Stack, walker: Walker) -> Saw:
    pay_by_card(running, walker)
    attempts = payments.trace(walker.organization, walker.paid.id).attempts
    insist(len(attempts) == 1, f"It took {len(attempts)} attempts.")
    insist(walker.paid.gateway_account.label == SECOND, f"{walker.paid.gateway_account} took it.")
    return Saw("the next payment goes straight to the second account")


_INVOICED: Final = (
    ("enter a customer", enter_customer),
    ("draft an invoice", draft),
    ("issue it", issue),
    ("take the link", take_link),
)

#: Of a company of its own: the first account is of no use afterwards, and what it answered before would speak for it.
ROUTING: Final = Walk(
    "Provider down, next one takes it",
    (
        ("sign in", sign_in),
        ("connect a second", _connect_second),
        ("break the first", _break_first),
        *((*_INVOICED, ("pay", _pay_at_second)) * LEAST),
        ("see it down", _see_down),
        *_INVOICED,
        ("pay again", _pay_past_first),
        ("prove the books", prove),
    ),
)
