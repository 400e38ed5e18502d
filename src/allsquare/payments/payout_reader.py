"""Follows the event log: what payouts brought that seemed to be of others is looked at again when the news of a payment
comes, and of a payout, in whichever order they do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final
from uuid import UUID

from allsquare.core.models import Event
from allsquare.identity.selectors import get_organization
from allsquare.payments.services.find_ours import find_ours

#: With these a name at the provider may have become known here.
_OF_PAYMENTS: Final = ("payment.", "refund.", "dispute.")
_OF_PAYOUTS: Final = frozenset({"payout.paid", "payout.failed"})


def read(events: Sequence[Event]) -> None:
    """One batch of news, of any organizations, in log order. Repeats change nothing."""
    by_organization = attrgetter("organization_id")
    news = sorted((each for each in events if _is_read(each.kind)), key=by_organization)
    for organization_id, group in groupby(news, key=by_organization):
        told = list(group)
        find_ours(
            organization=get_organization(organization_id),
            payment_ids={payment for event in told if (payment := _payment_of(event))},
            payout_ids={event.subject_id for event in told if event.kind in _OF_PAYOUTS},
        )


def _is_read(kind: str) -> bool:
    return kind in _OF_PAYOUTS or kind.startswith(_OF_PAYMENTS)


def _payment_of(event: Event) -> UUID | None:
    if event.subject_type == "payment":
        return event.subject_id
    named = event.data.get("payment")
    return UUID(str(named)) if named else None
