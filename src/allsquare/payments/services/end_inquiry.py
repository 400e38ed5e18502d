"""A long question to a provider has ended: it was asked to its end, or cannot go on by itself."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.checks import cleaned
from allsquare.core.events import Data, News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.models import Inquiry
from allsquare.payments.states import INQUIRY_UNDER_WAY, InquiryState


@retrying
def end_inquiry(
    *,
    organization: Organization,
    inquiry_id: UUID,
    state: InquiryState,
    error: str,
    among: Collection[InquiryState] = INQUIRY_UNDER_WAY,
) -> None:
    """``state`` is done or failed. One that is in none of the states ``among`` stays as it is. The system does this by
    itself, for whoever was allowed to ask."""
    require(organization, SYSTEM, Permission.SETTLE)
    error = cleaned(error)
    under_way = Inquiry.objects.filter(organization=organization, id=inquiry_id, state__in=among)
    if not under_way.update(state=state, error=error, finished_at=clock.now(None)):
        return
    ended = Inquiry.objects.get(organization=organization, id=inquiry_id)
    facts: Data = {
        "inquiry": str(ended.id),
        "kind": ended.kind,
        "found": ended.found,
        "mended": ended.mended,
        "error": error,
    }
    what = "finished" if state is InquiryState.DONE else "failed"
    news = News(f"inquiry.{what}", "gateway_account", ended.gateway_account_id, facts)
    record(organization_id=organization.id, news=[news], actor=SYSTEM, at=clock.now(organization))
