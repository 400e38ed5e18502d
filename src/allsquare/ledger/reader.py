"""The books' reader of the event log: sums by day are brought up to date behind the postings.

Every booking is told of in the transaction that makes it, so whoever has news may have bookings.
"""

from __future__ import annotations

from collections.abc import Sequence

from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.ledger import marks
from allsquare.ledger.services.roll_up import roll_up


def read(events: Sequence[Event]) -> None:
    """See ``core.events.follow``."""
    organizations = Organization.objects.filter(id__in={event.organization_id for event in events})
    for organization in organizations.order_by("id"):
        if marks.has_many("account_day_mark", organization):
            roll_up(organization=organization)
