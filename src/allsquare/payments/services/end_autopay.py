"""A customer's invoices are no longer charged by themselves."""

from __future__ import annotations

from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require, require_own
from allsquare.payments.autopay_plan import ENDED
from allsquare.payments.models import Autopay, AutopayCharge

State = AutopayCharge.State


@retrying
def end_autopay(*, organization: Organization, customer_id: UUID, actor: Actor) -> None:
    """At once, for invoices that were announced too. A charge that is under way goes on. Ending twice changes
    nothing."""
    require(organization, actor, Permission.MANAGE_METHODS)
    require_own(actor, customer_id)
    at = clock.now(organization)
    mine = Autopay.objects.filter(organization=organization, customer_id=customer_id, ended_at__isnull=True)
    if not mine.update(ended_at=at):
        return
    AutopayCharge.objects.filter(
        organization=organization, customer_id=customer_id, state=State.PLANNED
    ).update(state=State.STOPPED, reason=ENDED)
    news = News("autopay.ended", "customer", customer_id)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
