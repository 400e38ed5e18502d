"""The books are checked each night by themselves."""

from __future__ import annotations

from allsquare.core import clock
from allsquare.core.transactions import retrying
from allsquare.insights.models import BooksCheck
from allsquare.insights.plan import is_due
from allsquare.insights.queueing import queue_check


@retrying
def start_nightly_check() -> int:
    """Queue one if a night has begun since the last; returns how many were queued. The worker asks every few minutes;
    the system does this by itself, so no actor is asked for."""
    last = BooksCheck.objects.order_by("-id").values_list("asked_at", flat=True).first()
    if not is_due(last=last, now=clock.now(None)):
        return 0
    _check, is_new = queue_check()
    return int(is_new)
