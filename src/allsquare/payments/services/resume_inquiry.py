"""A long question to a provider that was stopped, or failed, goes on where it was."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock, jobs
from allsquare.core.actor import Actor
from allsquare.core.events import Data, News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import InquiryRefused
from allsquare.payments.inquiries import get_inquiry
from allsquare.payments.models import GatewayAccount, Inquiry
from allsquare.payments.states import INQUIRY_UNDER_WAY, InquiryState
from allsquare.payments.tasks import inquire


@retrying
def resume_inquiry(*, organization: Organization, inquiry_id: UUID, actor: Actor) -> Inquiry:
    """One that is under way or done stays as it is. Raises ``InquiryUnknown``, and ``InquiryRefused`` while
    another of its kind is under way."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    inquiry = get_inquiry(organization, inquiry_id)
    alike = Inquiry.objects.filter(
        organization=organization, gateway_account=inquiry.gateway_account_id, kind=inquiry.kind
    )
    # In the order of the account's row, so that of two who press at once one sees the other.
    GatewayAccount.objects.select_for_update(no_key=True).get(
        organization=organization, id=inquiry.gateway_account_id
    )
    if alike.filter(state__in=INQUIRY_UNDER_WAY).exclude(id=inquiry.id).exists():
        raise InquiryRefused(_("Another one is under way. Wait for its end, or stop it."))
    ended = alike.filter(id=inquiry.id, state__in=[InquiryState.STOPPED, InquiryState.FAILED])
    if ended.update(state=InquiryState.QUEUED, error="", finished_at=None):
        facts: Data = {"inquiry": str(inquiry.id), "kind": inquiry.kind}
        news = News("inquiry.resumed", "gateway_account", inquiry.gateway_account_id, facts)
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
        jobs.forget_failed(organization.id, "inquiry_id", str(inquiry.id))
        inquire.defer(organization_id=str(organization.id), inquiry_id=str(inquiry.id))
    return get_inquiry(organization, inquiry_id)
