"""Pure: what is asked of PayPal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from allsquare.gateways.paypal import labels
from allsquare.payments.gateway import ChargeRequest, RefundRequest

_LOCALE: Final = re.compile(r"[a-z]{2}-[A-Z]{2}", re.ASCII)


def order(request: ChargeRequest, amount: Mapping[str, str]) -> dict[str, object]:
    """An order that is captured when its payer has approved it. Only what is paid at once, so that the answer is
    final."""
    context: dict[str, object] = {
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
        "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
        "return_url": request.return_url,
        "cancel_url": request.return_url,
    }
    if _LOCALE.fullmatch(request.language):
        context["locale"] = request.language
    return {
        "intent": "CAPTURE",
        "purchase_units": [
            {
                "custom_id": labels.spelled({**request.metadata, "attempt": str(request.key)}),
                "description": request.description[:127],
                "amount": dict(amount),
            }
        ],
        "payment_source": {"paypal": {"experience_context": context}},
    }


def refund(request: RefundRequest, amount: Mapping[str, str]) -> dict[str, object]:
    return {"amount": dict(amount), "custom_id": labels.spelled({"attempt": str(request.key)})}
