"""Before the time to answer a dispute is over, people are reminded. The system does this by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import Data, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.payments.attention import DISPUTE_DUE, DISPUTE_DUE_TOMORROW
from allsquare.payments.disputes import ask_no_more, to_answer
from allsquare.payments.models import Attention, Dispute
from allsquare.payments.services.raise_attention import raise_attention

#: How long before the deadline which task is raised: the most urgent first.
STEPS: Final = ((DISPUTE_DUE_TOMORROW, timedelta(days=1)), (DISPUTE_DUE, timedelta(days=3)))


@retrying
def remind_of_disputes(*, organization: Organization) -> int:
    """Each step once for each dispute, as a task that owners and administrators are mailed about; it takes the place
    of the task before. Whoever comes late to a dispute gets its last step alone. Returns how many were raised."""
    raised = 0
    for place, (kind, before) in enumerate(STEPS):
        known = [later for later, _ in STEPS[: place + 1]]
        told = Attention.objects.filter(organization=organization, subject_id=OuterRef("id"), kind__in=known)
        due = to_answer(organization, until=clock.now(organization) + before).exclude(Exists(told))
        for dispute in due.select_for_update(no_key=True, skip_locked=True).order_by("id"):
            _raise(organization, dispute, kind)
            raised += 1
    return raised


def _raise(organization: Organization, dispute: Dispute, kind: str) -> None:
    # Not the same step: another worker may have raised it in this moment, and it is raised only once.
    at = clock.now(organization)
    news = ask_no_more(organization, dispute.id, at=at, but_for=kind)
    record(organization_id=organization.id, news=news, actor=SYSTEM, at=at)
    data: Data = {
        "amount_minor": dispute.amount_minor,
        "currency": dispute.currency,
        "until": dispute.evidence_by.isoformat() if dispute.evidence_by else None,
        "zone": organization.time_zone,
    }
    raise_attention(
        organization=organization, kind=kind, subject=("dispute", dispute.id), data=data, actor=SYSTEM
    )
