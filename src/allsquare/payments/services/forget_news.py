"""What providers' news carried of payers is forgotten when its time is over. The system does this by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import Q

from allsquare.core import clock
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.payments.essence import essence
from allsquare.payments.models import InboxEvent
from allsquare.payments.registry import names_in_news
from allsquare.payments.states import InboxState
from allsquare.risk.selectors import days_kept

#: Of one round; the next comes within the hour.
MOST: Final = 5_000
#: Of what is not digested: each is rewritten by itself.
MOST_PARKED: Final = 500
#: What could not be digested may be about money, and a person may want to see all of it. So it is kept longer.
PARKED_DAYS: Final = 365


@retrying
def forget_news(*, organization: Organization) -> int:
    """Names, addresses and last digits stand in it, in whatever form. That it came, when and about what stays, so a
    repeat is still one; and of what is still to be digested stays what it is digested by. Returns how many."""
    return _forget_digested(organization) + _forget_parked(organization)


def _forget_digested(organization: Organization) -> int:
    now = clock.now(None)
    digested = InboxEvent.objects.filter(
        organization=organization, state=InboxState.DONE, forgotten_at__isnull=True
    )
    old = digested.filter(done_at__lt=now - timedelta(days=days_kept(organization))).order_by("done_at")
    ids = list(old.select_for_update(skip_locked=True, no_key=True).values_list("id", flat=True)[:MOST])
    return InboxEvent.objects.filter(organization=organization, id__in=ids).update(
        payload={}, forgotten_at=now
    )


def _forget_parked(organization: Organization) -> int:
    """Its error goes too: it may repeat what could not be read."""
    now = clock.now(None)
    waiting = InboxEvent.objects.filter(
        ~Q(state=InboxState.DONE),
        organization=organization,
        forgotten_at__isnull=True,
        received_at__lt=now - timedelta(days=max(PARKED_DAYS, days_kept(organization))),
    )
    rows = list(
        waiting.select_related("gateway_account")
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .order_by("id")[:MOST_PARKED]
    )
    for row in rows:
        row.payload = essence(row.payload, names_in_news(row.gateway_account.gateway))
        row.error, row.forgotten_at = row.error.partition(":")[0], now
    return InboxEvent.objects.bulk_update(rows, ["payload", "error", "forgotten_at"])
