"""A person stops a long question to a provider between two days; what was asked stays, and the rest can go on."""

from __future__ import annotations

from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import Data, News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.inquiries import get_inquiry
from allsquare.payments.models import Inquiry
from allsquare.payments.states import INQUIRY_UNDER_WAY, InquiryState


@retrying
def stop_inquiry(*, organization: Organization, inquiry_id: UUID, actor: Actor) -> Inquiry:
    """What was asked stays. One that ended meanwhile stays as it is. Raises ``InquiryUnknown``."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    inquiry = get_inquiry(organization, inquiry_id)
    mine = Inquiry.objects.filter(organization=organization, id=inquiry.id)
    if mine.filter(state__in=INQUIRY_UNDER_WAY).update(state=InquiryState.STOPPED):
        facts: Data = {"inquiry": str(inquiry.id), "kind": inquiry.kind}
        news = News("inquiry.stopped", "gateway_account", inquiry.gateway_account_id, facts)
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return get_inquiry(organization, inquiry_id)
