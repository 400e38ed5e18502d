"""A provider's news of a day comes once more: what is here already changes nothing, and the rest is digested as if its
webhook had come."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import cast

from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.counterparts import PAGE
from allsquare.payments.gateway import ReplayingGateway
from allsquare.payments.models import Inquiry
from allsquare.payments.registry import adapter
from allsquare.payments.services.keep_news import keep_news


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
        new += keep_news(organization=organization, gateway_account=account, events=page)
        seen += len(page)
    return seen, new
