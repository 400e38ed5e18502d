"""What PayPal tells by itself: the kinds of news that mean something here, and whether it sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from allsquare.gateways.paypal.api import PayPalApi

OF_CAPTURES: Final = frozenset(
    {
        "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.DECLINED",
    }
)  # fmt: skip
OF_REFUNDS: Final = frozenset({"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"})
REVERSED: Final = "PAYMENT.CAPTURE.REVERSED"
TELLING: Final = OF_CAPTURES | OF_REFUNDS | {
    REVERSED, "CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.VOIDED", "CUSTOMER.DISPUTE.CREATED",
    "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED",
}  # fmt: skip


def named(api: PayPalApi, webhook_id: str) -> Mapping[str, Any]:
    """Raises ``NewsUnavailable``."""
    return api.one(f"/v1/notifications/webhooks/{quote(webhook_id, safe='')}")


def lacks(hook: Mapping[str, Any]) -> list[str]:
    """The kinds of news that PayPal does not send there. One star stands for all that there are."""
    kinds = hook.get("event_types") or []
    sent = {str(each.get("name")) for each in kinds if isinstance(each, dict)}
    return [] if "*" in sent else sorted(TELLING - sent)
