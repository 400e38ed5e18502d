"""Reading rules, lists and what was found. The organization comes first."""

from __future__ import annotations

from uuid import UUID

from allsquare.identity.models import Organization
from allsquare.risk.models import RiskAssessment, RiskEntry, RiskSettings


def find_settings(organization: Organization) -> RiskSettings | None:
    """``None`` where nothing was judged yet and nobody changed anything: the usual rules hold."""
    return RiskSettings.objects.filter(organization=organization).first()


def assessment_of(organization: Organization, payment_id: UUID) -> RiskAssessment | None:
    return RiskAssessment.objects.filter(organization=organization, payment_id=payment_id).first()


def list_entries(organization: Organization, verdict: str, *, limit: int = 500) -> list[RiskEntry]:
    """Newest first."""
    return list(
        RiskEntry.objects.filter(organization=organization, verdict=verdict).order_by("-created_at", "-id")[
            :limit
        ]
    )
