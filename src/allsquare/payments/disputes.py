"""Reading disputes: what a payer's bank wants to know, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.payments.errors import DisputeUnknown
from allsquare.payments.models import Dispute
from allsquare.payments.states import DisputeState


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute as it stands now. ``days_left`` counts the calendar days of the business; ``None`` where nobody waits
    for an answer, or no deadline is known."""

    dispute: Dispute
    days_left: int | None
    is_late: bool


def get_case(organization: Organization, dispute_id: UUID) -> Case:
    """With payment, customer, invoice and provider: one query. Raises :class:`DisputeUnknown`."""
    around = ("payment__customer", "payment__invoice", "payment__gateway_account")
    found = Dispute.objects.filter(organization=organization, id=dispute_id).select_related(*around).first()
    if found is None:
        raise DisputeUnknown(_("There is no such dispute."))
    if found.state != DisputeState.OPENED or found.evidence_by is None:
        return Case(found, None, False)
    last_day = clock.local(organization, found.evidence_by).date()
    days = (last_day - clock.today(organization)).days
    return Case(found, max(days, 0), found.evidence_by <= clock.now(organization))


def to_answer(organization: Organization, *, until: datetime) -> QuerySet[Dispute]:
    """Open disputes whose deadline is still to come, and not after ``until``."""
    return Dispute.objects.filter(
        organization=organization,
        state=DisputeState.OPENED,
        evidence_by__gt=clock.now(organization),
        evidence_by__lte=until,
    )
