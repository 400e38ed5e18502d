"""A payment that the rules held, and a person's word about it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.payments.attention import PAYMENT_REVIEW
from allsquare.payments.models import Attention, Payment
from allsquare.risk.errors import AssessmentUnknown, ReviewOver
from allsquare.risk.models import RiskAssessment
from allsquare.risk.rules import Action


def waiting(organization: Organization, payment: Payment, *, lock: bool = False) -> RiskAssessment:
    found = RiskAssessment.objects.filter(organization=organization, payment_id=payment.id)
    row = (found.select_for_update(no_key=True) if lock else found).first()
    if row is None:
        raise AssessmentUnknown(_("This payment was not judged by the rules."))
    return row


def check_waiting(row: RiskAssessment, verdict: RiskAssessment.Verdict) -> None:
    if row.verdict == verdict:
        return
    if row.verdict or row.action != Action.REVIEW:
        raise ReviewOver(_("This payment does not wait for a decision. Somebody may have been faster."))


def decide(
    organization: Organization, payment: Payment, verdict: RiskAssessment.Verdict, actor: Actor
) -> RiskAssessment:
    row = waiting(organization, payment, lock=True)
    check_waiting(row, verdict)
    if row.verdict == verdict:
        return row
    at = clock.now(organization)
    row.verdict, row.decided_at = verdict.value, at
    row.save(update_fields=["verdict", "decided_at"])
    Attention.objects.filter(
        organization=organization, kind=PAYMENT_REVIEW, subject_id=payment.id, resolved_at=None
    ).update(resolved_at=at)
    facts: dict[str, object] = {
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "invoice": payment.invoice.number if payment.invoice else None,
        "number": row.score,
    }
    news = News(f"risk.{verdict}", "payment", payment.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return row
