"""What a provider tells is put into the inbox before it is understood; what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import DataError, transaction
from django.utils.translation import gettext as _

from allsquare.core import bulk, clock, failpoints, rows
from allsquare.identity.models import Organization
from allsquare.payments.errors import DeliveryRefused
from allsquare.payments.gateway import GatewayEvent
from allsquare.payments.models import GatewayAccount, InboxEvent


def keep_news(
    *, organization: Organization, gateway_account: GatewayAccount, events: Sequence[GatewayEvent]
) -> int:
    """How many pieces of it are new. It is the provider's own word, by its signature or since it was asked for, so no
    actor is asked for. Raises :class:`DeliveryRefused`."""
    try:
        with transaction.atomic(), bulk.pipelined(committing=True):
            kept = _keep(organization, gateway_account, events, clock.now(None))
            failpoints.reached("inbox.written")
    except (DataError, UnicodeError) as error:
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
