"""The refund of a refused payment failed after it was on its way. The system sees it by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from allsquare.identity.models import Organization
from allsquare.payments.models import Refund
from allsquare.payments.reviewing import left_of, not_given_back
from allsquare.payments.states import RefundState


@transaction.atomic
def notice_not_given_back(*, organization: Organization, failed: Mapping[UUID, datetime]) -> None:
    """``failed`` says when, by refund. One query where none of them is of a refused payment, as mostly; repeats change
    nothing."""
    found = Refund.objects.filter(
        organization=organization,
        id__in=list(failed),
        key__startswith="refused-",
        state=RefundState.FAILED,
    )
    for refund in found.select_related("payment__invoice").order_by("id"):
        if left_of(refund.payment):
            not_given_back(organization, refund.payment, since=failed[refund.id])
