"""A tip pays the invoice that was written for it."""

from __future__ import annotations

from uuid import UUID

from allsquare.billing.locking import locked_invoice
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.models import Tip
from allsquare.payments.selectors import get_payment
from allsquare.payments.settlement.spending import spend


@retrying
def count_tip(*, organization: Organization, payment_id: UUID, invoice_id: UUID, actor: Actor) -> None:
    """What the payer of ``payment_id`` gave beyond what was asked for pays ``invoice_id``, all of it, out of the credit
    that this payment left. Once: a second invoice for one tip is refused by the database.

    Raises ``PaymentUnknown``, ``InvoiceUnknown``, ``InvoiceNotPayable``, ``CreditGone``.
    """
    require(organization, actor, Permission.RECORD_PAYMENTS)
    invoice = locked_invoice(organization, invoice_id)
    payment = get_payment(organization, payment_id)
    at = clock.now(organization)
    Tip.objects.create(organization=organization, payment=payment, invoice=invoice, created_at=at)
    amount = Money(invoice.total_minor, currency(invoice.currency))
    spend(organization, invoice, amount, [payment], actor)
