"""A person looked at a payment that the rules held, and does not want it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import NotGivenBack
from allsquare.payments.models import Payment, Refund
from allsquare.payments.reviewing import decide, not_given_back, refusal_key, task_done
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.refund import refund
from allsquare.payments.states import RefundState
from allsquare.risk.models import RiskAssessment
from allsquare.risk.services.block_marks import block_marks


@dataclass(frozen=True, slots=True)
class _Owed:
    """What must go back, and the request by which it does."""

    left: Money
    key: str


def refuse_payment(*, organization: Organization, payment_id: UUID, block: bool, actor: Actor) -> None:
    """All that is left of it is given back the way it came; with ``block`` its payer's mail address and card are turned
    away from now on.

    Refused first, and given back then: whoever releases in the same moment comes too late before money has moved.
    Asking again gives back once; what failed is tried anew. Raises ``PaymentUnknown``, ``AssessmentUnknown``,
    ``ReviewOver``; ``NotGivenBack`` and what ``refund`` does, and then the payment is refused, and its task stays.
    """
    require(organization, actor, Permission.REFUND)
    payment = get_payment(organization, payment_id)
    owed = retried(lambda: _refuse(organization, payment, block, actor))
    if owed.left.minor > 0:
        _give_back(organization, payment, owed, actor)
    retried(lambda: task_done(organization, payment, actor))


def _refuse(organization: Organization, payment: Payment, block: bool, actor: Actor) -> _Owed:
    found = decide(organization, payment, RiskAssessment.Verdict.REFUSED, actor)
    if block:
        mail = payment.invoice.buyer.get("email", "") if payment.invoice else payment.customer.email
        card = f"{payment.method_brand} …{payment.method_last_four}".strip()
        block_marks(organization=organization, assessment=found, mail=str(mail), card=card, actor=actor)
    payment.refresh_from_db()
    return _Owed(Money(payment.left_minor, currency(payment.currency)), refusal_key(organization, payment))


def _give_back(organization: Organization, payment: Payment, owed: _Owed, actor: Actor) -> Refund:
    with translation.override(organization.language):  # the same words, whoever asks
        reason = _("Refused after a second look")
    made = refund(
        organization=organization,
        payment_id=payment.id,
        amount=owed.left,
        reason=reason,
        key=owed.key,
        actor=actor,
    )
    if made.state == RefundState.FAILED:
        retried(lambda: not_given_back(organization, payment))
        raise NotGivenBack(
            _(
                "The payment is refused, but the provider did not give the money back. Try again, or give it back "
                "another way."
            )
        )
    return made
