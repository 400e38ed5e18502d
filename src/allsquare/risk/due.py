"""What is due at all organizations, for the worker, which serves every one of them."""

from __future__ import annotations

from django.db.models import Q

from allsquare.core.models import PayerAddress
from allsquare.identity.models import Organization
from allsquare.risk.models import RiskAssessment, RiskEntry


def organizations_that_remember() -> list[Organization]:
    """Organizations with attempts whose payers are still known, with addresses of payers, or with entries that end;
    their own days and clocks decide what is old."""
    known = RiskAssessment.objects.filter(forgotten_at__isnull=True).values("organization_id")
    seen = PayerAddress.objects.values("organization_id")
    ending = RiskEntry.objects.filter(until__isnull=False).values("organization_id")
    remembered = Q(id__in=known) | Q(id__in=seen) | Q(id__in=ending)
    return list(Organization.objects.filter(remembered).order_by("id"))
