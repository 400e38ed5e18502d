"""A transfer is not waited for any longer. Money that comes all the same is recorded as any other."""

from __future__ import annotations

from uuid import UUID

from allsquare.core.actor import Actor
from allsquare.core.words import gettext_noop as _noop
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, may, require
from allsquare.payments.gateway import Outcome, Status, Subject
from allsquare.payments.models import Payment, PaymentAttempt
from allsquare.payments.registry import awaiting
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.settle import settle
from allsquare.payments.states import PaymentState


def stop_waiting(*, organization: Organization, payment_id: UUID, actor: Actor) -> Payment:
    """A person decides so: the payer, or a clerk. One that has ended, and one that no person can stop (a debit that
    the bank works on), stays as it is. Raises ``PaymentUnknown``."""
    if not may(organization, actor, Permission.PAY):
        require(organization, actor, Permission.RECORD_PAYMENTS)
    payment = get_payment(organization, payment_id)
    if payment.state == PaymentState.PENDING and awaiting(payment.gateway_account) is not None:
        attempt = PaymentAttempt.objects.filter(organization=organization, payment=payment).latest("number")
        given_up = Outcome(
            subject=Subject.CHARGE,
            status=Status.DECLINED,
            gateway=payment.gateway,
            reference=payment.reference or "",
            key=attempt.id,
            code="canceled",
            message=_noop("The transfer is not waited for any longer."),
        )
        settle(
            organization=organization,
            gateway_account=payment.gateway_account,
            outcomes=[given_up],
            actor=actor,
        )
        payment.refresh_from_db()
    return payment
