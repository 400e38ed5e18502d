"""What Stripe keeps of a card that was declined."""

from __future__ import annotations

from typing import Final

from tests.fakes.http_server import Object

DECLINED: Final = {"code": "card_declined", "decline_code": "do_not_honor", "message": "Declined."}


def failed(intent: Object, fingerprint: str) -> Object:
    """The charge that failed, one for each card."""
    return {
        "status": "failed",
        "currency": intent["currency"],
        "payment_intent": intent["id"],
        "balance_transaction": None,
        "payment_method_details": {"type": "card", "card": {"fingerprint": fingerprint, "country": "DE"}},
    }


def bounced(code: str) -> Object:
    """Why a bank gave a debit back."""
    return {
        "code": "payment_intent_payment_attempt_failed",
        "decline_code": code,
        "message": "The bank refused.",
    }


def given_back(objects: dict[str, Object], intent_id: str) -> int:
    """Units of the refunds of a payment that were not called off, and did not come back."""
    gone = [
        each
        for each in objects.values()
        if each["object"] == "refund" and each["status"] not in ("canceled", "failed")
    ]
    return sum(each["amount"] for each in gone if each["payment_intent"] == intent_id)
