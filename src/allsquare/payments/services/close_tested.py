"""A page on which card after card is declined is closed at its provider. The system does this by itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import Data, News, record
from allsquare.core.models import Event
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.payments.asking import closed
from allsquare.payments.declines import declined_beside
from allsquare.payments.gateway import Outcome, Status
from allsquare.payments.models import Payment
from allsquare.payments.states import PaymentState
from allsquare.risk.models import RiskAssessment
from allsquare.risk.rules import Decision, score
from allsquare.risk.settings import rules_of, settings_of

CLOSED: Final = "risk.page_closed"


def close_tested(*, organization: Organization, outcomes: Sequence[Outcome]) -> int:
    """Once what was declined there, from its address, of its payer or at its link reaches a limit of the rules: whoever
    wants to try on must press again, and is judged by all of that. Returns how many were closed. Called after the
    outcomes were settled and outside any transaction, since it asks the provider; where that does not answer, the next
    news or look at the page closes it. Repeats change nothing."""
    keys = [each.key for each in outcomes if each.declines and each.key]
    waiting = any(each.declines and each.status is Status.ACTION_REQUIRED for each in outcomes)
    if not keys or not waiting:
        return 0
    payments = Payment.objects.filter(
        organization=organization, attempts__in=keys, state=PaymentState.NEEDS_ACTION
    )
    found = [
        (payment, decision)
        for payment in payments.select_related("gateway_account").order_by("id")
        if (decision := _speaks_against(organization, payment))
    ]
    return sum(_close(organization, payment, decision) for payment, decision in found)


def _speaks_against(organization: Organization, payment: Payment) -> Decision | None:
    """``None`` too for whom nobody judged, and for whom the business lets through."""
    row = RiskAssessment.objects.filter(organization=organization, payment_id=payment.id).first()
    if row is None or row.is_allowed:
        return None
    facts = declined_beside(organization, row, clock.now(organization))
    decision = score(facts, rules_of(settings_of(organization)))
    return decision if decision.reasons else None


def _close(organization: Organization, payment: Payment, decision: Decision) -> bool:
    """The payer may have been faster: then it is paid, and nothing was closed."""
    return closed(organization, payment) and retried(partial(_tell, organization, payment.id, decision))


def _tell(organization: Organization, payment_id: UUID, decision: Decision) -> bool:
    """Once, however many heard of the same card at once."""
    payments = Payment.objects.filter(organization=organization, id=payment_id)
    payment = payments.select_for_update(no_key=True).get()
    told = Event.objects.filter(organization_id=organization.id, subject_id=payment_id, kind=CLOSED)
    if payment.state != PaymentState.CANCELED or told.exists():
        return False
    facts: Data = {
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "base_currency": organization.base_currency,
        "number": decision.score,
        "reasons": [each.kept() for each in decision.reasons],
    }
    news = News(CLOSED, "payment", payment.id, facts)
    record(organization_id=organization.id, news=[news], actor=SYSTEM, at=clock.now(organization))
    return True
