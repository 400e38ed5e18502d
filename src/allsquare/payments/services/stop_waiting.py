"""A transfer is not waited for any longer. Money that comes all the same is recorded as any other; what comes to a
provider stays there, and a person is told."""

from __future__ import annotations

from uuid import UUID

from allsquare.core.actor import Actor
from allsquare.core.words import gettext_noop as _noop
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, may, require
from allsquare.payments.asking import close_page
from allsquare.payments.gateway import Outcome, Status, Subject
from allsquare.payments.models import Payment, PaymentAttempt
from allsquare.payments.registry import awaiting
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.settle import settle
from allsquare.payments.slips import is_sent_there
from allsquare.payments.states import PaymentState


def stop_waiting(*, organization: Organization, payment_id: UUID, actor: Actor) -> Payment:
    """A person decides so: the payer, or a clerk. One that has ended, and one that no person can stop (a debit that
    the bank works on), stays as it is. One that a provider takes is called off there, outside any transaction; where a
    part came, only by a colleague, who is told what to do with that. Raises ``PaymentUnknown``."""
    if not may(organization, actor, Permission.PAY):
        require(organization, actor, Permission.RECORD_PAYMENTS)
    payment = get_payment(organization, payment_id)
    if is_sent_there(payment):
        part = may(organization, actor, Permission.RECORD_PAYMENTS)
        if part or payment.state == PaymentState.NEEDS_ACTION:
            close_page(organization=organization, payment=payment, actor=actor, part=part)
            payment.refresh_from_db()
        return payment
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
