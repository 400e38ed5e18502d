"""What is due at all organizations, for the worker, which serves every one of them."""

from __future__ import annotations

from allsquare.identity.models import Organization
from allsquare.risk.models import RiskAssessment


def organizations_that_remember() -> list[Organization]:
    """Organizations with attempts whose payers are still known; their own days and clocks decide what is old."""
    known = RiskAssessment.objects.filter(forgotten_at__isnull=True).values("organization_id")
    return list(Organization.objects.filter(id__in=known).order_by("id"))
