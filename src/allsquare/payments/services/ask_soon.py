"""A person does not wait for the plan of times: the next sweep asks the provider about a payment or a refund."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import HasEnded, PaymentUnknown, RefundUnknown
from allsquare.payments.gateway import Subject
from allsquare.payments.models import Payment, Refund
from allsquare.payments.registry import awaiting
from allsquare.payments.states import OPEN, REFUND_OPEN, PaymentState


@retrying
def ask_soon(*, organization: Organization, subject: Subject, subject_id: UUID, actor: Actor) -> None:
    """For many at once, where nobody can wait for each answer (for one, see ``ask_provider``). It moves the time of the
    next question and nothing else, so nothing is written into the log: what the answer does will be.

    Raises ``PaymentUnknown``, ``RefundUnknown``, and :class:`HasEnded` where nothing is to be asked.
    """
    require(organization, actor, Permission.RECORD_PAYMENTS)
    now = clock.now(None)
    if subject is Subject.REFUND:
        refunds = Refund.objects.filter(organization=organization, id=subject_id)
        if refunds.filter(state__in=REFUND_OPEN, next_check_at__isnull=False).update(next_check_at=now):
            return
        if not refunds.exists():
            raise RefundUnknown(_("There is no such refund."))
        raise HasEnded(_("It has its final answer already."))
    payments = Payment.objects.filter(organization=organization, id=subject_id)
    payment = payments.select_related("gateway_account").first()
    if payment is None:
        raise PaymentUnknown(_("There is no such payment."))
    if payment.state == PaymentState.PENDING and awaiting(payment.gateway_account) is not None:
        raise HasEnded(_("Nobody can be asked about a transfer: your bank statement will say."))
    if not payments.filter(state__in=OPEN, next_check_at__isnull=False).update(next_check_at=now):
        raise HasEnded(_("It has its final answer already."))
