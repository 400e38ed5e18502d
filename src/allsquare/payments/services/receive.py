"""A webhook comes in: checked, kept, answered. It is understood later, by ``drain``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import DataError, transaction
from django.utils.translation import gettext as _

from allsquare.core import bulk, clock, failpoints, rows
from allsquare.identity.models import Organization
from allsquare.payments.errors import DeliveryRefused
from allsquare.payments.gateway import GatewayEvent, SignatureInvalid
from allsquare.payments.models import GatewayAccount, InboxEvent
from allsquare.payments.registry import adapter

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


def keep_news(
    *, organization: Organization, gateway_account: GatewayAccount, events: Sequence[GatewayEvent]
) -> int:
    """Put what a provider told into the inbox; how many pieces of it are new. It is the provider's own word, by its
    signature or since it was asked for, so no actor is asked for. Raises :class:`DeliveryRefused`."""
    try:
        with transaction.atomic(), bulk.pipelined(committing=True):
            kept = _keep(organization, gateway_account, events, clock.now(None))
            failpoints.reached("inbox.written")
    except DataError as error:
        # An id that is too long, or a character (NUL, half a surrogate pair) that the database cannot hold.
        raise DeliveryRefused(_("The delivery holds something that cannot be kept.")) from error
    return kept.count if kept is not None else 0


def _keep(
    organization: Organization, account: GatewayAccount, events: Sequence[GatewayEvent], at: datetime
) -> bulk.Sent | None:
    """One round trip with its COMMIT: providers deliver in swarms."""
    news = [
        InboxEvent(
            organization=organization,
            gateway_account=account,
            external_id=event.external_id,
            kind=event.kind[:80],
            object_reference=event.object_reference[:120],
            payload=event.payload,
            occurred_at=event.occurred_at,
            received_at=at,
            next_try_at=at,
        )
        for event in events
    ]
    return rows.insert(news, otherwise="ON CONFLICT DO NOTHING")
