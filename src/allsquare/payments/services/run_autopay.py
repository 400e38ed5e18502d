"""One round of charging by agreement: plan and tell, charge, and see what became of it."""

from __future__ import annotations

from allsquare.identity.models import Organization
from allsquare.payments.services.charge_autopay import charge_due
from allsquare.payments.services.follow_autopay import follow_autopay
from allsquare.payments.services.plan_autopay import plan_autopay


def run_autopay(*, organization: Organization) -> int:
    """Returns how much was done. The system does this by itself, so no actor is asked for."""
    return (
        follow_autopay(organization=organization)
        + plan_autopay(organization=organization)
        + charge_due(organization=organization)
    )
