"""Attempts whose payments have ended meanwhile. The system does this by itself."""

from __future__ import annotations

from typing import Final

from allsquare.identity.models import Organization
from allsquare.payments.flowing import others_flow_on
from allsquare.payments.models import AutopayCharge
from allsquare.payments.services.end_attempt import end_attempt
from allsquare.payments.states import ENDED_UNPAID, PaymentState

State = AutopayCharge.State

MOST: Final = 200


def follow_autopay(*, organization: Organization) -> int:
    """Bank debits take days. Returns how many attempts ended."""
    ended = AutopayCharge.objects.filter(
        organization=organization,
        state=State.STARTED,
        payment__state__in=[PaymentState.SUCCEEDED, PaymentState.NEEDS_ACTION, *ENDED_UNPAID],
    )
    names = ended.values_list("id", flat=True)[:MOST]
    count = 0
    for name in names:
        with others_flow_on("attempt", name):
            count += end_attempt(organization=organization, charge_id=name)
    return count
