"""What providers' news carried of payers is forgotten when its time is over. The system does this by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allsquare.core import clock
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.payments.models import InboxEvent
from allsquare.payments.states import InboxState
from allsquare.risk.selectors import days_kept

#: Of one round; the next comes within the hour.
MOST: Final = 5_000


@retrying
def forget_news(*, organization: Organization) -> int:
    """Names, addresses and last digits stand in it, in whatever form. That it came, when and about what stays, so a
    repeat is still one; and what is still to be digested stays whole. Returns how many."""
    now = clock.now(None)
    digested = InboxEvent.objects.filter(
        organization=organization, state=InboxState.DONE, forgotten_at__isnull=True
    )
    old = digested.filter(done_at__lt=now - timedelta(days=days_kept(organization))).order_by("done_at")
    ids = list(old.select_for_update(skip_locked=True, no_key=True).values_list("id", flat=True)[:MOST])
    return InboxEvent.objects.filter(organization=organization, id__in=ids).update(
        payload={}, forgotten_at=now
    )
