"""What news of Stripe is about, by its kind and what it carries, and whether it is about anything of ours."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final
from urllib.parse import quote

from allsquare.gateways.shared import NONSENSE
from allsquare.gateways.stripe import methods, objects, terminal, transfers
from allsquare.gateways.stripe.api import StripeApi
from allsquare.payments.gateway import GatewayEvent, Subject

_PAYOUTS: Final = frozenset(
    {"payout.paid", "payout.failed", "payout.canceled", "payout.reconciliation_completed"}
)
#: What an object is called, and of which other one it is.
NAMES: Final = frozenset({"id", "object", "type", "payment_intent", "customer"})


def subject_of(kind: str) -> Subject | None:
    """``None`` for kinds that mean nothing to us."""
    if kind.startswith(("checkout.session.", "payment_intent.")) or kind in terminal.NEWS | transfers.NEWS:
        return Subject.CHARGE
    if kind.startswith("refund.") or kind == "charge.refund.updated":
        return Subject.REFUND
    if kind.startswith("charge.dispute."):
        return Subject.DISPUTE
    if kind in methods.NEWS:
        return Subject.METHOD
    return Subject.PAYOUT if kind in _PAYOUTS else None


def name_in(kind: str, envelope: Mapping[str, Any], name: str) -> str:
    """Our name of the object that an event is about, which Stripe calls ``name``; empty where it has none, or none that
    could be ours. Raises one of ``NONSENSE``."""
    if kind in methods.NEWS:
        return methods.token_of(envelope)
    if kind in terminal.NEWS:
        return terminal.intent_in(envelope["data"]["object"])
    if kind in transfers.NEWS:
        return transfers.customer_in(envelope["data"]["object"])
    return name


def is_anothers(api: StripeApi, subject: Subject, reference: str) -> bool:
    """Shops and subscriptions that use the same account make news too. Raises ``NewsUnavailable``."""
    if subject in (Subject.PAYOUT, Subject.METHOD):
        return False
    if subject is Subject.CHARGE:
        return objects.attempt_of(transfers.named(api, reference)) is None
    shelf = "refunds" if subject is Subject.REFUND else "disputes"
    intent = api.one(f"/v1/{shelf}/{quote(reference, safe='')}", "payment_intent").get("payment_intent")
    return not isinstance(intent, dict) or objects.attempt_of(intent) is None


def about(event: GatewayEvent) -> Hashable:
    """One payment makes news of its page and of its payment intent, which a page names as soon as there is one."""
    subject = subject_of(event.kind)
    if subject is None:
        return None
    envelope: Mapping[str, Any] = event.payload
    try:
        name = name_in(event.kind, envelope, event.object_reference)
        if name.startswith("cs_"):
            intent = envelope["data"]["object"].get("payment_intent")
            name = intent if isinstance(intent, str) else name
    except NONSENSE:
        return None
    return subject, name
