"""Deliveries of the sandbox, signed as it does: nobody is there who could be asked, what it would say is sent."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from uuid import UUID

from standardwebhooks import Webhook

from bench.scripted import FEE_MINOR
from bench.stock import Pattern

SETTINGS = {
    "base_url": "http://127.0.0.1:9",
    "api_key": "bench",
    "webhook_secret": f"whsec_{b64encode(bytes(range(32))).decode()}",
}


def signed(signer: Webhook, name: str, at: datetime, body: str) -> str:
    """The lines of its head that say what it is and by whom."""
    return (
        f"webhook-id: {name}\r\nwebhook-timestamp: {int(at.timestamp())}\r\n"
        f"webhook-signature: {signer.sign(name, at, body)}\r\n"
    )


def news(of: Pattern, attempt: UUID, at: datetime, status: str = "succeeded") -> str:
    """That the charge went through, or what it was before."""
    came = status == "succeeded"
    charge = {
        "id": f"ch_{attempt.hex}",
        "object": "charge",
        "status": status,
        "amount": of.payment.amount_minor,
        "fee": FEE_MINOR if came else 0,
        "currency": of.payment.currency,
        "metadata": {"attempt": str(attempt)},
        "payment_method": None,
        "hosted_url": "",
        "failure": None,
        "created_at": at.isoformat(),
        "succeeded_at": at.isoformat() if came else None,
        "expected_on": None,
    }
    return json.dumps({"type": f"charge.{status}", "timestamp": at.isoformat(), "data": charge})
