"""Reading rules, lists and what was found. The organization comes first."""

from __future__ import annotations

from typing import Final

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from allsquare.identity.models import Organization
from allsquare.risk.models import USUAL_DAYS, RiskAssessment, RiskEntry, RiskSettings

#: Of an assessment, what a person is shown beside its payment.
_SHOWN: Final = ("score", "action", "is_allowed", "reasons", "provider_score", "verdict", "decided_at")


def find_settings(organization: Organization) -> RiskSettings | None:
    """``None`` where nothing was judged yet and nobody changed anything: the usual rules hold."""
    return RiskSettings.objects.filter(organization=organization).first()


def days_kept(organization: Organization) -> int:
    """For how long payers are remembered."""
    settings = find_settings(organization)
    return settings.keep_days if settings is not None else USUAL_DAYS


def assessment_beside(organization: Organization, payment: str) -> Subquery:
    """What was found of the payment that the column ``payment`` of another query names, beside that query's rows and
    not by one of its own: ``RiskAssessment.read``."""
    found = RiskAssessment.objects.filter(organization=organization, payment_id=OuterRef(payment))
    return Subquery(found.values(found=JSONObject(**{name: name for name in _SHOWN}))[:1])


def list_entries(organization: Organization, verdict: str, *, limit: int = 500) -> list[RiskEntry]:
    """Newest first."""
    return list(
        RiskEntry.objects.filter(organization=organization, verdict=verdict).order_by("-created_at", "-id")[
            :limit
        ]
    )
