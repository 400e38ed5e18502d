"""The first page's reader of the event log: its sums by day are brought up to date behind the postings.

Every booking is told of in the transaction that makes it, so whoever has news may have bookings.
"""

from __future__ import annotations

from collections.abc import Sequence

from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.insights.services.roll_up import roll_up
from allsquare.ledger import marks


def read(events: Sequence[Event]) -> None:
    """See ``core.events.follow``."""
    organizations = Organization.objects.filter(id__in={event.organization_id for event in events})
    for organization in organizations.order_by("id"):
        if marks.has_many("dashboard_mark", organization):
            roll_up(organization=organization)
