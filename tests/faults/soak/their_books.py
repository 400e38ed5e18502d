"""The provider's side, as it tells over HTTP."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.faults.soak.books import Books, Name
from tests.faults.soak.provider import Provider

#: A charge that ended without money, whatever it ended by.
_CHARGE = {
    "requires_action": "open",
    "pending": "open",
    "succeeded": "succeeded",
    "failed": "unpaid",
    "canceled": "unpaid",
}


def their_books(provider: Provider) -> Books:
    books: Books = {}
    for charge in provider.every("/v1/charges"):
        books[Name("charge", charge["id"])] = _charge(charge)
    for refund in provider.every("/v1/refunds"):
        facts = {"state": refund["status"], "amount": refund["amount"], "currency": refund["currency"]}
        books[Name("refund", refund["id"])] = {**facts, "charge": refund["charge"], "fee": refund["fee"]}
    for dispute in provider.every("/v1/disputes"):
        facts = {"state": dispute["status"], "amount": dispute["amount"], "fee": dispute["fee"]}
        facts |= {"currency": dispute["currency"], "charge": dispute["charge"]}
        books[Name("dispute", dispute["id"])] = facts
    for payout in provider.every("/v1/payouts"):
        # A dispute that was opened and won within one payout is one object, and what it adds is one sum.
        items: Counter[str] = Counter()
        for item in payout["items"]:
            items[item["reference"]] += item["net"]
        facts = {"state": payout["status"], "amount": payout["amount"], "currency": payout["currency"]}
        facts |= {"items": sorted(items.items())}
        books[Name("payout", payout["id"])] = facts
    for line in provider.get("/v1/books")["currencies"]:
        books[Name("balance", line["currency"])] = {"amount": line["balance"]}
    return books


def _charge(charge: dict[str, Any]) -> dict[str, object]:
    """``amount`` is what was asked for."""
    came = charge["status"] == "succeeded"
    return {
        "state": _CHARGE[charge["status"]],
        "amount": charge["amount"] - charge["tip"],
        "currency": charge["currency"],
        "captured": charge["amount"] if came else 0,
        "fee": charge["fee"],
        "refunded": charge["amount_refunded"],
        "disputed": charge["amount_disputed"],
        "attempt": charge["metadata"].get("attempt", ""),
    }
