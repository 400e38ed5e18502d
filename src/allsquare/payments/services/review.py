"""A person looked at a payment that the rules held: it is released, or refused and given back."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.events import News, record
from allsquare.core.money import Money
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.attention import PAYMENT_REVIEW
from allsquare.payments.models import Attention, Payment
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.refund import refund
from allsquare.risk.errors import AssessmentUnknown, ReviewOver
from allsquare.risk.models import RiskAssessment
from allsquare.risk.rules import Action
from allsquare.risk.services.block_marks import block_marks

V = RiskAssessment.Verdict


def release_payment(*, organization: Organization, payment_id: UUID, actor: Actor) -> None:
    """Nothing speaks against it. Asking twice changes nothing. Raises ``PaymentUnknown``, ``AssessmentUnknown``,
    ``ReviewOver``."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    payment = get_payment(organization, payment_id)
    retried(lambda: _decide(organization, payment, V.RELEASED, actor))


def refuse_payment(*, organization: Organization, payment_id: UUID, block: bool, actor: Actor) -> None:
    """All that is left of it is given back the way it came; with ``block`` its payer's mail address and card are turned
    away from now on. Asking twice gives back once. Raises what ``release_payment`` and ``refund`` do; and then the
    payment waits as before."""
    require(organization, actor, Permission.REFUND)
    payment = get_payment(organization, payment_id)
    _check(_waiting(organization, payment), V.REFUSED)
    left = payment.captured_minor - payment.refunded_minor - payment.refunding_minor - payment.disputed_minor
    if left > 0:
        refund(
            organization=organization,
            payment_id=payment.id,
            amount=Money(left, currency(payment.currency)),
            reason=_("Refused after a second look"),
            key=f"refused-{payment.id}",
            actor=actor,
        )
    retried(lambda: _refuse(organization, payment, block, actor))


def _refuse(organization: Organization, payment: Payment, block: bool, actor: Actor) -> None:
    found = _decide(organization, payment, V.REFUSED, actor)
    if block:
        mail = payment.invoice.buyer.get("email", "") if payment.invoice else payment.customer.email
        card = f"{payment.method_brand} …{payment.method_last_four}".strip()
        block_marks(organization=organization, assessment=found, mail=str(mail), card=card, actor=actor)


def _waiting(organization: Organization, payment: Payment, *, lock: bool = False) -> RiskAssessment:
    found = RiskAssessment.objects.filter(organization=organization, payment_id=payment.id)
    row = (found.select_for_update(no_key=True) if lock else found).first()
    if row is None:
        raise AssessmentUnknown(_("This payment was not judged by the rules."))
    return row


def _check(row: RiskAssessment, verdict: RiskAssessment.Verdict) -> None:
    if row.verdict == verdict:
        return
    if row.verdict or row.action != Action.REVIEW:
        raise ReviewOver(_("This payment does not wait for a decision. Somebody may have been faster."))


def _decide(
    organization: Organization, payment: Payment, verdict: RiskAssessment.Verdict, actor: Actor
) -> RiskAssessment:
    row = _waiting(organization, payment, lock=True)
    _check(row, verdict)
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
