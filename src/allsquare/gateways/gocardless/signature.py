"""Pure: is a delivery from GoCardless? https://developer.gocardless.com/api-reference/#webhooks-signing-webhooks

The signature says nothing of the time. An old delivery that is sent again changes nothing, since each of its events is
kept once and is only ever a reason to ask GoCardless how things are now.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from allsquare.core.words import gettext as _
from allsquare.gateways.gocardless.objects import instant
from allsquare.payments.gateway import GatewayEvent, SignatureInvalid

#: What an event is about, by its ``resource_type``: the name of the link that leads there.
LINKS: Final[Mapping[str, str]] = {
    "billing_requests": "billing_request",
    "mandates": "mandate",
    "payments": "payment",
    "payouts": "payout",
    "refunds": "refund",
}


def check(secret: str, given: str, body: bytes) -> None:
    """Raises :class:`SignatureInvalid`."""
    if not secret:
        raise SignatureInvalid(_("No webhook secret is set, so nothing can be believed."))
    if not given:
        raise SignatureInvalid(_("The delivery carries no signature."))
    right = hmac.new(secret.encode(), body, sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), given.encode()):
        raise SignatureInvalid(_("The signature is wrong."))


def read(body: bytes) -> Sequence[GatewayEvent]:
    """Every event of a delivery whose signature is good: up to 250."""
    try:
        return [event(each) for each in json.loads(body)["events"]]
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise SignatureInvalid(
            _("The delivery is signed but is no event: %(problem)s") % {"problem": problem}
        ) from problem


def event(data: Mapping[str, Any]) -> GatewayEvent:
    """As a delivery and the list of events spell it. Raises one of ``NONSENSE``."""
    about = str(data["resource_type"])
    links = data.get("links") or {}
    return GatewayEvent(
        external_id=str(data["id"]),
        kind=f"{about}.{data['action']}",
        object_reference=str(links.get(LINKS.get(about, about.removesuffix("s")), "")),
        payload=data,
        occurred_at=instant(data["created_at"]),
    )
