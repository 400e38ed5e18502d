"""Money that came on account is counted towards the invoice that was written for it afterwards."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.locking import locked_invoice
from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import InvalidPayment
from allsquare.payments.models import Payment, PaymentShare
from allsquare.payments.selectors import get_payment
from allsquare.payments.settlement.spending import spend


@retrying
def count_towards(*, organization: Organization, payment_id: UUID, invoice_id: UUID, actor: Actor) -> Payment:
    """All of what the payment brought, or as much as the invoice takes; from now on it is the payment of this invoice.

    Credit is used by the rules of ``use_credit``, but that of this payment alone. Asking twice changes nothing. Raises
    ``PaymentUnknown``, ``InvoiceUnknown``, ``InvalidPayment``, ``InvoiceNotPayable``, ``CreditGone``.
    """
    require(organization, actor, Permission.RECORD_PAYMENTS)
    invoice = locked_invoice(organization, invoice_id)
    payment = get_payment(organization, payment_id)
    if payment.invoice_id == invoice.id:
        return payment
    shares = PaymentShare.objects.filter(organization=organization, payment=payment)
    is_meant = payment.invoice_id is not None or shares.exists()
    if is_meant or (payment.customer_id, payment.currency) != (
        invoice.customer_id,
        invoice.currency,
    ):
        raise InvalidPayment(_("This payment was made for something else."))
    amount = Money(min(payment.captured_minor, invoice.open_minor), currency(invoice.currency))
    spend(organization, invoice, amount, [payment], actor)
    Payment.objects.filter(organization=organization, id=payment.id).update(invoice=invoice)
    return get_payment(organization, payment.id)
