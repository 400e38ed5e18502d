"""The job of a long question to a provider, which had failed for good, is tried again: the question may go on."""

from __future__ import annotations

from uuid import UUID

from allsquare.core.actor import SYSTEM
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.inquiries import get_inquiry
from allsquare.payments.models import GatewayAccount, Inquiry
from allsquare.payments.states import INQUIRY_UNDER_WAY, InquiryState


@retrying
def requeue_inquiry(*, organization: Organization, inquiry_id: UUID) -> None:
    """One that did not fail stays as it is, and so while another of its kind is under way. Who may try a job again was
    asked before. Raises ``InquiryUnknown``."""
    require(organization, SYSTEM, Permission.SETTLE)
    inquiry = get_inquiry(organization, inquiry_id)
    GatewayAccount.objects.select_for_update(no_key=True).get(
        organization=organization, id=inquiry.gateway_account_id
    )
    alike = Inquiry.objects.filter(
        organization=organization, gateway_account=inquiry.gateway_account_id, kind=inquiry.kind
    )
    if not alike.filter(state__in=INQUIRY_UNDER_WAY).exists():
        alike.filter(id=inquiry.id, state=InquiryState.FAILED).update(
            state=InquiryState.QUEUED, error="", finished_at=None
        )
