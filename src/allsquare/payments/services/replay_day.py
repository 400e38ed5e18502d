"""A provider's news of a day comes once more: what is here already changes nothing, and the rest is digested as if its
webhook had come."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import cast

from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.counterparts import PAGE
from allsquare.payments.errors import DeliveryRefused
from allsquare.payments.gateway import GatewayEvent
from allsquare.payments.gateway_abilities import ReplayingGateway
from allsquare.payments.models import GatewayAccount, Inquiry
from allsquare.payments.registry import adapter
from allsquare.payments.services.keep_news import keep_news

log = logging.getLogger(__name__)


def replay_day(
    *, organization: Organization, inquiry: Inquiry, first: datetime, until: datetime
) -> tuple[int, int]:
    """How many pieces of news there are of then, and how many were not here. The system does this by itself, for
    whoever was allowed to ask. Raises :class:`HistoryUnavailable`."""
    require(organization, SYSTEM, Permission.SETTLE)
    account = inquiry.gateway_account
    told = cast(ReplayingGateway, adapter(account)).told(first, until)
    seen = new = 0
    while page := list(islice(told, PAGE)):
        new += _kept(organization, account, page)
        seen += len(page)
    return seen, new


def _kept(organization: Organization, account: GatewayAccount, page: Sequence[GatewayEvent]) -> int:
    """All at once; where one piece cannot be kept, by halves: it is left out, and the others are here. Its webhook is
    refused as well, so nobody waits for it."""
    try:
        return keep_news(organization=organization, gateway_account=account, events=page)
    except DeliveryRefused as problem:
        if len(page) == 1:
            log.warning("news %r of %s is left out: %s", page[0].external_id, account.id, problem)
            return 0
    middle = len(page) // 2
    return sum(_kept(organization, account, half) for half in (page[:middle], page[middle:]))
