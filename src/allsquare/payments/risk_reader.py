"""Follows the event log: a payment that came is judged by what its provider noticed, and a person is asked; also when
money of one that was refused stays here after all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final
from uuid import UUID

from allsquare.core.models import Event
from allsquare.identity.selectors import get_organization
from allsquare.payments.services.follow_refused import follow_refused
from allsquare.payments.services.judge_signs import judge_signs

#: After these something may be left of a payment, or after those nothing any more.
_FREED: Final = frozenset({"refund.failed", "dispute.won"})
_TAKEN: Final = frozenset({"refund.started", "refund.succeeded", "dispute.lost"})
_READ: Final = frozenset({"payment.succeeded"}) | _FREED | _TAKEN


def _frees(event: Event) -> bool:
    """Also a case that is lost in part: the rest is here again."""
    return event.kind in _FREED or bool(event.data.get("back_minor"))


def read(events: Sequence[Event]) -> None:
    """One batch of news, of any organizations, in log order. Repeats change nothing."""
    by_organization = attrgetter("organization_id")
    news = sorted((each for each in events if each.kind in _READ), key=by_organization)
    for organization_id, group in groupby(news, key=by_organization):
        organization, told = get_organization(organization_id), list(group)
        came = [event.subject_id for event in told if event.kind == "payment.succeeded"]
        if came:
            judge_signs(organization=organization, payment_ids=came)
        moved = [event for event in told if event.kind != "payment.succeeded"]
        if moved:
            follow_refused(
                organization=organization,
                payment_ids={UUID(event.data["payment"]) for event in moved},
                freed={UUID(event.data["payment"]): event.at for event in moved if _frees(event)},
            )
