"""How many cards were declined for one charge. On Stripe's page, and in its fields, a payer may try one after the other
under the same payment intent, which remembers the last; each of them is a charge that failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from allsquare.gateways.shared import NONSENSE
from allsquare.gateways.stripe import objects
from allsquare.gateways.stripe.api import StripeApi
from allsquare.payments.gateway import Outcome
from allsquare.payments.gateway_abilities import NewsUnavailable

#: More are never counted: the page is closed long before.
MOST: Final = 100


def counted(api: StripeApi, intent: object, outcome: Outcome) -> Outcome:
    """``outcome`` with what was declined before it, where something was. One that Stripe does not list is one all the
    same: news of the money never waits for this."""
    if not isinstance(intent, Mapping) or not intent.get("last_payment_error"):
        return outcome
    try:
        failed = _failed(api, str(intent["id"]))
        seen = outcome.signs or (objects.signs_of(failed[0]) if failed else None)
    except (NewsUnavailable, *NONSENSE):
        return replace(outcome, declines=1)
    return replace(outcome, declines=max(len(failed), 1), signs=seen)


def _failed(api: StripeApi, intent: str) -> list[Mapping[str, Any]]:
    """Newest first. Raises ``NewsUnavailable``."""
    charges = islice(api.pages("/v1/charges", {"payment_intent": intent}), MOST)
    return [charge for charge in charges if charge["status"] == "failed"]
