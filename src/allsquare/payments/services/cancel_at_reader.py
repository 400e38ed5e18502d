"""A card is waited for no longer: the reader in the shop is let go."""

from __future__ import annotations

from uuid import UUID

from allsquare.core.actor import Actor
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.asking import close_page
from allsquare.payments.models import Payment
from allsquare.payments.selectors import get_payment
from allsquare.payments.states import OPEN


def cancel_at_reader(*, organization: Organization, payment_id: UUID, actor: Actor) -> Payment:
    """Outside any transaction. Whoever's card was read meanwhile has paid, and the payment says so; one that has ended,
    or is not taken at a reader, stays as it is. Where the provider does not answer it is asked again by itself. Raises
    ``PaymentUnknown``."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    payment = get_payment(organization, payment_id)
    if payment.reader and payment.state in OPEN:
        close_page(organization=organization, payment=payment, actor=actor)
        payment.refresh_from_db()
    return payment
