"""Follows the event log: a payment that came is judged by what its provider noticed, and a person is asked; also when
one that was refused could not be given back after all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from allsquare.core.models import Event
from allsquare.identity.selectors import get_organization
from allsquare.payments.services.judge_signs import judge_signs
from allsquare.payments.services.notice_not_given_back import notice_not_given_back

_READ: Final = frozenset({"payment.succeeded", "refund.failed"})


def read(events: Sequence[Event]) -> None:
    """One batch of news, of any organizations, in log order. Repeats change nothing."""
    by_organization = attrgetter("organization_id")
    news = sorted((each for each in events if each.kind in _READ), key=by_organization)
    for organization_id, group in groupby(news, key=by_organization):
        organization, told = get_organization(organization_id), list(group)
        came = [event.subject_id for event in told if event.kind == "payment.succeeded"]
        if came:
            judge_signs(organization=organization, payment_ids=came)
        failed = {event.subject_id: event.at for event in told if event.kind == "refund.failed"}
        if failed:
            notice_not_given_back(organization=organization, failed=failed)
