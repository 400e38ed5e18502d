"""Pure: is a delivery from Stripe, and of now? https://docs.stripe.com/webhooks#verify-manually"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from allsquare.core.words import gettext as _
from allsquare.payments.gateway import GatewayEvent, SignatureInvalid

TOLERANCE: Final = timedelta(seconds=300)
"""How old, or how far ahead, a delivery may be when it arrives."""


def check(secret: str, header: str, body: bytes, received_at: datetime) -> None:
    """Raises :class:`SignatureInvalid`. Of several signatures (while a secret is being replaced) one must be good."""
    if not secret.removeprefix("whsec_"):
        raise SignatureInvalid(_("No webhook secret is set, so nothing can be believed."))
    pairs = [part.strip().partition("=") for part in header.split(",")]
    at = next((value for name, _sign, value in pairs if name == "t"), "")
    given = [value for name, _sign, value in pairs if name == "v1"]
    if not (at.isascii() and at.isdigit() and len(at) <= 11 and given):
        raise SignatureInvalid(_("The delivery carries no signature."))
    right = hmac.new(secret.encode(), at.encode() + b"." + body, sha256).hexdigest()
    if not any(hmac.compare_digest(right.encode(), each.encode()) for each in given):
        raise SignatureInvalid(_("The signature is wrong."))
    if abs(received_at - datetime.fromtimestamp(int(at), UTC)) > TOLERANCE:
        raise SignatureInvalid(_("The delivery is too old, or its time is ahead of ours."))


def read(body: bytes) -> GatewayEvent:
    """The envelope of a delivery whose signature is good."""
    try:
        return event(json.loads(body))
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise SignatureInvalid(
            _("The delivery is signed but is no event: %(problem)s") % {"problem": problem}
        ) from problem


def event(envelope: Mapping[str, Any]) -> GatewayEvent:
    """As a delivery and the list of events spell it. Raises one of ``NONSENSE`` or ``OverflowError``."""
    return GatewayEvent(
        external_id=str(envelope["id"]),
        kind=str(envelope["type"]),
        object_reference=str(envelope["data"]["object"]["id"]),
        payload=envelope,
        occurred_at=datetime.fromtimestamp(envelope["created"], UTC),
    )
