"""A webhook comes in: checked, kept, answered. It is understood later, by ``drain``."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from allsquare.core import clock, failpoints
from allsquare.identity.models import Organization
from allsquare.payments.errors import DeliveryRefused
from allsquare.payments.gateway import SignatureInvalid
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter
from allsquare.payments.services.keep_news import keep_news

#: Bytes of one delivery; providers send a few kilobytes.
MAX_BODY = 1_000_000


def receive(
    *, organization: Organization, gateway_account: GatewayAccount, headers: Mapping[str, str], body: bytes
) -> bool:
    """Keep what a delivery whose signature is good tells; returns whether any of it is new. A repeat changes nothing.

    The provider proves itself by its signature, so no actor is asked for. Raises :class:`DeliveryRefused`.
    """
    if len(body) > MAX_BODY:
        raise DeliveryRefused(_("The delivery is larger than 1 MB."))
    at = clock.now(None)  # the tolerance for old signatures is in real time, even in rehearsal
    try:
        events = adapter(gateway_account).parse_webhook(headers=headers, body=body, received_at=at)
    except SignatureInvalid as error:
        raise DeliveryRefused(_("The delivery was refused: %(problem)s") % {"problem": error}) from error
    kept = keep_news(organization=organization, gateway_account=gateway_account, events=events)
    failpoints.reached("inbox.received")
    return kept > 0
