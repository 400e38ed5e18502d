"""A person asks the provider now instead of waiting for the next sweep."""

from __future__ import annotations

from uuid import UUID

from allsquare.core.actor import Actor
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.models import Payment
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.check_payment import check_payment


def ask_provider(*, organization: Organization, payment_id: UUID, actor: Actor) -> Payment:
    """What became of the payment, taken through the door; one that has ended is left as it is.

    The provider is called outside any transaction. Raises ``PaymentUnknown``, ``GatewayUnavailable``.
    """
    require(organization, actor, Permission.RECORD_PAYMENTS)
    payment = get_payment(organization, payment_id)
    check_payment(organization=organization, payment=payment)
    payment.refresh_from_db()
    return payment
