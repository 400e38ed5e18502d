"""Follows the event log: a payment that came is judged by what its provider noticed, and a person is asked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from allsquare.core.models import Event
from allsquare.identity.selectors import get_organization
from allsquare.payments.services.judge_signs import judge_signs


def read(events: Sequence[Event]) -> None:
    """One batch of news, of any organizations, in log order. Repeats change nothing."""
    came = [event for event in events if event.kind == "payment.succeeded"]
    came.sort(key=lambda event: event.organization_id)
    for organization_id, news in groupby(came, key=lambda event: event.organization_id):
        judge_signs(
            organization=get_organization(organization_id), payment_ids=[event.subject_id for event in news]
        )
