"""Pure: Stripe's payouts as outcomes, with what they contain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.gateways.stripe.amounts import from_stripe
from allsquare.gateways.stripe.objects import NAME, instant
from allsquare.payments.gateway import ItemKind, Outcome, PayoutItem, Status, Subject

#: Movements that are nothing but fees, told with no payment: of products beside payments, of exchange, tax on them.
_FEES: Final = frozenset({"stripe_fee", "stripe_fx_fee", "tax_fee", "network_cost"})
#: What Stripe puts right by itself, with no payment or dispute behind it, is a cost too. Not what it only holds back.
_ADJUSTED: Final = frozenset({"", "fee", "other_adjustment"})
#: A business whose money Stripe shares out among others: nothing that we ask it for does that.
_ELSEWHERE: Final = frozenset(
    {
        *("application_fee", "application_fee_refund", "connect_collection_transfer"),
        *("transfer", "transfer_cancel", "transfer_failure", "transfer_refund"),
    }
)
#: What always has an object, whether or not it is told.
_NAMED: Final = frozenset(
    {
        *("charge", "payment", "refund", "payment_refund", "refund_failure", "payment_failure_refund"),
        *("payment_reversal", "adjustment", "payout_failure", "payout_cancel"),
    }
)
_SOURCES: Final = {
    "charge": ItemKind.CHARGE,
    "refund": ItemKind.REFUND,
    "dispute": ItemKind.DISPUTE,
    "payout": ItemKind.PAYOUT,
}
#: A payout that was called off never went out, so nobody is told of it; its sum is the account's as it was.
_CALLED_OFF: Final = "payout_cancel"
_STATUS: Final = {
    "pending": Status.PENDING,
    "in_transit": Status.PENDING,
    "paid": Status.SUCCEEDED,
    "failed": Status.DECLINED,
    "canceled": Status.DECLINED,
}


def payout(data: Mapping[str, Any], movements: Sequence[Mapping[str, Any]]) -> Outcome:
    """With what it contains: each object once, with all that it added or took. ``fee`` is what Stripe took for the
    payout itself, and what stands among its contents as a fee by itself; those of payments are booked with them."""
    items: dict[str, PayoutItem] = {}
    fee = _fee(data)
    if fee.minor and movements:
        name = str(data["balance_transaction"]["id"])
        items[name] = PayoutItem(name, -fee.minor, ItemKind.FEE)
    for movement in movements:
        if movement["type"] == "payout":
            continue
        item = _item(movement)
        before = items.get(item.reference)
        added = before.net_minor if before else 0
        items[item.reference] = PayoutItem(
            item.reference, added + item.net_minor, item.kind, item.charge_reference
        )
        if item.kind is ItemKind.FEE:
            fee -= Money(item.net_minor, fee.currency)
    arrives = datetime.fromtimestamp(data["arrival_date"], UTC)
    return Outcome(
        Subject.PAYOUT,
        _status(data),
        NAME,
        reference=data["id"],
        amount=from_stripe(data["amount"], data["currency"]),
        fee=fee,
        code="canceled" if data["status"] == "canceled" else str(data.get("failure_code") or ""),
        message=str(data.get("failure_message") or ""),
        happened_at=instant(data["created"]),
        expected_on=date(arrives.year, arrives.month, arrives.day),
        payout_items=tuple(items.values()),
    )


def _status(data: Mapping[str, Any]) -> Status:
    """One that was sent counts once Stripe has put together what it contains, of which it tells: until then some of it,
    fees too, may be missing."""
    status = _STATUS[data["status"]]
    incomplete = data.get("reconciliation_status") == "in_progress"
    return Status.PENDING if status is Status.SUCCEEDED and incomplete else status


def _fee(data: Mapping[str, Any]) -> Money:
    """For one that is sent at once, say. One that is planned has moved nothing yet."""
    movement = data.get("balance_transaction")
    if not isinstance(movement, dict):
        return Money.zero(currency(data["currency"].upper()))
    return from_stripe(movement["fee"], movement["currency"])


def _item(movement: Mapping[str, Any]) -> PayoutItem:
    """A movement, by the name under which we know what it is about; by its own for Stripe's fees and the like."""
    source, net = movement.get("source"), from_stripe(movement["net"], movement["currency"]).minor
    if not isinstance(source, dict):
        return PayoutItem(str(source or movement["id"]), net, _by_type(movement))
    name = str(source["id"])
    kind = ItemKind.ELSEWHERE if movement["type"] in _ELSEWHERE else _SOURCES.get(str(source.get("object")))
    if movement["type"] == _CALLED_OFF:
        kind = ItemKind.OWN
    charge = str(source.get("payment_intent") or source.get("charge") or "")
    if kind is ItemKind.CHARGE:
        name = charge or name
    return PayoutItem(name, net, kind or _by_type(movement), charge)


def _by_type(movement: Mapping[str, Any]) -> ItemKind:
    """Whose a movement is where no object says so. Charges and refunds whose object is not told may be ours."""
    kind, category = movement["type"], str(movement.get("reporting_category") or "")
    if kind in _FEES:
        return ItemKind.FEE
    if kind == "adjustment" and not movement.get("source"):
        return ItemKind.FEE if category in _ADJUSTED else ItemKind.OWN
    if kind in _ELSEWHERE:
        return ItemKind.ELSEWHERE
    return ItemKind.UNTOLD if kind in _NAMED else ItemKind.OWN
