"""The books' reader of the event log: sums by day are brought up to date behind the postings.

Every booking is told of in the transaction that makes it, so whoever has news may have bookings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from allsquare.core import bulk
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.ledger.services.roll_up import roll_up

#: So few new entries are left to those who read: writing the sums anew for each would cost more than it saves.
FEW: Final = 500


def read(events: Sequence[Event]) -> None:
    """See ``core.events.follow``."""
    organizations = Organization.objects.filter(id__in={event.organization_id for event in events})
    for organization in organizations.order_by("id"):
        if _has_many(organization):
            roll_up(organization=organization)


def _has_many(organization: Organization) -> bool:
    ((found,),) = bulk.run(
        """SELECT count(*) FROM (
               SELECT FROM journal_entry WHERE organization_id = %s AND xact >= coalesce(
                   (SELECT m.xact FROM account_day_mark m WHERE m.organization_id = %s), '0'::xid8)
               ORDER BY organization_id, xact LIMIT %s) few""",
        [organization.id, organization.id, FEW],
    )
    return bool(found >= FEW)
