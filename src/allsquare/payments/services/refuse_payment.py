"""A person looked at a payment that the rules held, and does not want it."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.models import Payment
from allsquare.payments.reviewing import check_waiting, decide, waiting
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.refund import refund
from allsquare.risk.models import RiskAssessment
from allsquare.risk.services.block_marks import block_marks

REFUSED = RiskAssessment.Verdict.REFUSED


def refuse_payment(*, organization: Organization, payment_id: UUID, block: bool, actor: Actor) -> None:
    """All that is left of it is given back the way it came; with ``block`` its payer's mail address and card are turned
    away from now on. Asking twice gives back once. Raises ``PaymentUnknown``, ``AssessmentUnknown``, ``ReviewOver``,
    and what ``refund`` does; then the payment waits as before."""
    require(organization, actor, Permission.REFUND)
    payment = get_payment(organization, payment_id)
    check_waiting(waiting(organization, payment), REFUSED)
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
    found = decide(organization, payment, REFUSED, actor)
    if block:
        mail = payment.invoice.buyer.get("email", "") if payment.invoice else payment.customer.email
        card = f"{payment.method_brand} …{payment.method_last_four}".strip()
        block_marks(organization=organization, assessment=found, mail=str(mail), card=card, actor=actor)
