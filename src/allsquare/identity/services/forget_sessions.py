"""Sessions whose time is over are forgotten: nobody reads them, and what was typed in them need not lie about."""

from __future__ import annotations

from django.contrib.sessions.models import Session

from allsquare.core import clock
from allsquare.core.transactions import retrying
from allsquare.identity.models import PersonSession


@retrying
def forget_sessions(*, limit: int = 1000) -> int:
    """At most ``limit`` of the oldest, with what is known of whose they were. The system does this by itself; returns
    how many went."""
    ended = Session.objects.filter(expire_date__lte=clock.now(None))
    keys = list(ended.order_by("expire_date").values_list("session_key", flat=True)[:limit])
    gone, _by_table = ended.filter(session_key__in=keys).delete()
    left = Session.objects.filter(session_key__in=keys).values("session_key")  # one that goes on after all
    PersonSession.objects.filter(session_key__in=keys).exclude(session_key__in=left).delete()
    return gone
