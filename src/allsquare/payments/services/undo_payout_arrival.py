"""That a payout stands on our bank statement was noted by mistake."""

from __future__ import annotations

from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.settlement.arrivals import in_transit, locked_payout, undo_arrival


@retrying
def undo_payout_arrival(*, organization: Organization, payout_id: UUID, actor: Actor) -> bool:
    """The sum is in transit again, from today. ``False`` when it is so already. Raises ``PayoutUnknown``,
    ``PeriodClosed``."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    payout = locked_payout(organization, payout_id)
    at = clock.now(organization)
    sent, _base = in_transit(organization, payout)
    arrival = undo_arrival(organization, payout, on=clock.today(organization), at=at)
    if arrival is None:
        return False
    facts: dict[str, object] = {"amount_minor": arrival.received_minor, "currency": sent.currency.code}
    news = News("payout.arrival_undone", "payout", payout.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return True
