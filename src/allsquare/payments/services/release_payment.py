"""A person looked at a payment that the rules held, and nothing speaks against it."""

from __future__ import annotations

from uuid import UUID

from allsquare.core.actor import Actor
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.reviewing import decide
from allsquare.payments.selectors import get_payment
from allsquare.risk.models import RiskAssessment


def release_payment(*, organization: Organization, payment_id: UUID, actor: Actor) -> None:
    """Asking twice changes nothing. Raises ``PaymentUnknown``, ``AssessmentUnknown``, ``ReviewOver``."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    payment = get_payment(organization, payment_id)
    retried(lambda: decide(organization, payment, RiskAssessment.Verdict.RELEASED, actor))
