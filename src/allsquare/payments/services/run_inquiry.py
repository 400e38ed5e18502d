"""A long question to a provider is asked day by day, so that it needs no more memory than a day, can be watched and
stopped, and goes on where it was after a kill."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import OperationalError
from django.db.models import F

from allsquare.core import failpoints
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import INDIGESTIBLE
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.gateway_abilities import HistoryUnavailable
from allsquare.payments.models import Difference, Inquiry
from allsquare.payments.services.compare_day import compare_day
from allsquare.payments.services.end_inquiry import end_inquiry
from allsquare.payments.services.replay_day import replay_day
from allsquare.payments.states import InquiryState

log = logging.getLogger(__name__)

STEP: Final = timedelta(days=1)


def run_inquiry(
    *, organization: Organization, inquiry_id: UUID, goes_on: Callable[[], bool] = lambda: True
) -> Inquiry:
    """To its end, or until a person stops it, the provider does not answer or (between two days) the caller lets it not
    go on; a repeat does no harm. The system does this by itself, for whoever was allowed to ask."""
    require(organization, SYSTEM, Permission.SETTLE)
    mine = Inquiry.objects.filter(organization=organization, id=inquiry_id)
    mine.filter(state=InquiryState.QUEUED).update(state=InquiryState.RUNNING)
    inquiry = mine.select_related("organization", "gateway_account").get()
    try:
        for first, until in _days(inquiry):
            if not mine.filter(state=InquiryState.RUNNING, place=first).exists():
                return mine.get()
            _ask(organization, inquiry, first, until)
            failpoints.reached("inquiry.day_asked")
            if until < inquiry.ends_at and not goes_on():
                return mine.get()
    except HistoryUnavailable as problem:
        _end(inquiry, InquiryState.FAILED, str(problem))
    except OperationalError:
        raise
    except INDIGESTIBLE as problem:  # a list that its adapter cannot read
        log.exception("inquiry %s cannot go on", inquiry.id)
        _end(inquiry, InquiryState.FAILED, f"{type(problem).__name__}: {problem}")
    else:
        _end(inquiry, InquiryState.DONE, "")
    return mine.get()


def _days(inquiry: Inquiry) -> Iterator[tuple[datetime, datetime]]:
    """What is left of it. A last day may be half a day longer, so that none is a moment."""
    first = inquiry.place
    while first < inquiry.ends_at:
        until = first + STEP if inquiry.ends_at - first > STEP + STEP / 2 else inquiry.ends_at
        yield first, until
        first = until


def _ask(organization: Organization, inquiry: Inquiry, first: datetime, until: datetime) -> None:
    """One day, and how far it is now. Of two who are at it, one counts."""
    mine = Inquiry.objects.filter(organization=organization, id=inquiry.id, place=first)
    if inquiry.kind == Inquiry.Kind.REPLAY:
        seen, new = replay_day(organization=organization, inquiry=inquiry, first=first, until=until)
        mine.update(place=until, objects_seen=F("objects_seen") + seen, found=F("found") + new)
        return
    seen = compare_day(organization=organization, inquiry=inquiry, first=first, until=until)
    differences = Difference.objects.filter(organization=organization, inquiry=inquiry)
    mine.update(
        place=until,
        objects_seen=F("objects_seen") + seen,
        found=differences.count(),
        mended=differences.filter(mended=True).count(),
    )


def _end(inquiry: Inquiry, state: InquiryState, error: str) -> None:
    """Not one that a person stopped meanwhile."""
    end_inquiry(
        organization=inquiry.organization,
        inquiry_id=inquiry.id,
        state=state,
        error=error,
        among=[InquiryState.RUNNING],
    )
