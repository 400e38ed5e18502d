"""What happened at Stripe since a moment, read from its lists of what was made and of events.

Events name whatever changed, older objects too, but Stripe keeps them for 30 days; objects made since are listed by
themselves, and from an earlier moment on for a month more, in which an older charge can still have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from allsquare.core import clock
from allsquare.gateways.shared import as_told, in_order
from allsquare.gateways.stripe import methods, news, objects, signature, transfers
from allsquare.gateways.stripe.amounts import from_stripe
from allsquare.gateways.stripe.api import StripeApi
from allsquare.payments.gateway import GatewayEvent, MethodKind, Outcome, Subject
from allsquare.payments.gateway_abilities import Sighting

#: An object by its subject and name, as it is now. Raises ``NewsUnavailable``.
Read = Callable[[Subject, str], Outcome | None]

_CARDS: Final = frozenset({"card", "card_present"})
_OURS: Final = frozenset({"via", "reader", "organization"})
"""Labels that say which way a charge is paid, and nothing of what for."""
_KEPT: Final = timedelta(days=29)
"""Stripe keeps events for 30 days."""
_SHELVES: Final[Mapping[Subject, str]] = {
    Subject.REFUND: "/v1/refunds",
    Subject.DISPUTE: "/v1/disputes",
    Subject.PAYOUT: "/v1/payouts",
}


def since(
    api: StripeApi,
    read: Read,
    moment: datetime,
    until: datetime | None,
) -> Iterator[Sighting]:
    """Each object once, as it is now: charges, then what followed from them, oldest first."""
    return in_order("Stripe", lambda: _seen(api, read, moment, until))


def told(api: StripeApi, first: datetime, until: datetime) -> Iterator[GatewayEvent]:
    """Of the last 30 days at most."""
    return as_told("Stripe", api.pages("/v1/events", _within(first, until)), signature.event)


def _seen(
    api: StripeApi,
    read: Read,
    moment: datetime,
    until: datetime | None,
) -> Iterator[Sighting]:
    changed: dict[Subject, dict[str, None]] = {subject: {} for subject in Subject}
    events = list(api.pages("/v1/events", _within(moment, until)))
    for event in reversed(events):
        kind, called = str(event["type"]), str(event["data"]["object"].get("id", ""))
        subject = news.subject_of(kind)
        name = news.name_in(kind, event, called) if subject else ""
        if subject and name:
            changed[subject][name] = None
    first = moment if until or clock.now(None) - moment < _KEPT else moment - _KEPT
    made = _within(first, until)
    charges: dict[UUID, Sighting] = {}
    for path in ("/v1/checkout/sessions", "/v1/payment_intents"):
        for item in reversed(list(api.pages(path, made))):
            _keep_charge(charges, item, read)
    for name in changed[Subject.CHARGE]:
        _keep_charge(charges, transfers.named(api, name), read)
    yield from charges.values()
    for subject, path in _SHELVES.items():
        names = [str(item["id"]) for item in reversed(list(api.pages(path, made)))]
        for name in {**dict.fromkeys(names), **changed[subject]}:
            outcome = read(subject, name)
            if outcome is not None:
                yield Sighting(outcome)
    for token in changed[Subject.METHOD]:
        yield Sighting(methods.now(api, token))


def _keep_charge(charges: dict[UUID, Sighting], item: Mapping[str, Any], read: Read) -> None:
    """A page and its payment are one charge; it is read once. What others made is passed over."""
    attempt = objects.attempt_of(item)
    if attempt is None or attempt in charges:
        return
    outcome = read(Subject.CHARGE, str(item["id"]))
    if outcome is None:
        return
    amount = item["amount_total"] if item["object"] == "checkout.session" else item["amount"]
    asked, tip = from_stripe(amount, item["currency"]), objects.tip_of(item)
    labels = {str(name): str(value) for name, value in item["metadata"].items() if name not in _OURS}
    charges[attempt] = Sighting(
        outcome=outcome,
        asked=asked - tip if tip else asked,
        method=_method_of(item),
        labels=labels,
    )


def _method_of(item: Mapping[str, Any]) -> MethodKind:
    kind = item["payment_method_types"][0]
    if kind == transfers.TYPE:
        return MethodKind.BANK_TRANSFER
    return MethodKind.CARD if kind in _CARDS else MethodKind.BANK_DEBIT


def _within(first: datetime, until: datetime | None) -> dict[str, str]:
    """To whole seconds, outwards: more than was asked for does no harm."""
    begins = {"created[gte]": str(int(first.timestamp()))}
    return begins | {"created[lte]": str(int(until.timestamp()))} if until else begins
