"""Money of a refused payment is on its way back, or is not after all. The system sees it by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from allsquare.core.actor import SYSTEM
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment
from allsquare.payments.reviewing import not_given_back, task_done
from allsquare.risk.models import RiskAssessment


@retrying
def follow_refused(
    *, organization: Organization, payment_ids: Collection[UUID], freed: Mapping[UUID, datetime]
) -> None:
    """Of those to which a refund or a dispute happened, whoever began it. ``freed`` says when money stayed here last,
    by payment. One query where none of them is refused, as mostly; repeats change nothing."""
    refused = RiskAssessment.objects.filter(
        organization=organization,
        payment_id__in=list(payment_ids),
        verdict=RiskAssessment.Verdict.REFUSED,
    ).values_list("payment_id", flat=True)
    found = [payment_id for payment_id in refused if payment_id]
    if not found:
        return
    for payment in Payment.objects.filter(organization=organization, id__in=found).order_by("id"):
        if payment.id in freed:
            not_given_back(organization, payment, since=freed[payment.id])
        task_done(organization, payment, SYSTEM)
