"""A tip that was given at a reader gets its invoice, which it pays: income as the tip at a payment link is."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice, InvoiceLine
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.core import failpoints
from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.errors import AllsquareError
from allsquare.core.money import Money
from allsquare.core.transactions import retried, retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.attention import TIP_NOT_INVOICED
from allsquare.payments.models import Payment
from allsquare.payments.selectors import get_payment
from allsquare.payments.services.count_tip import count_tip
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.payments.tips import tip_minor, tip_of


def invoice_tip(*, organization: Organization, payment_id: UUID, actor: Actor) -> Invoice | None:
    """The invoice of the tip within the payment; ``None`` where there is no tip, or none could be written (the period
    is closed, the money went back already): then it stays the customer's credit, and a person is told, as they are of
    the whole payment where a restored backup does not know what it was for. Asking twice changes nothing.
    Raises ``PaymentUnknown``.
    """
    require(organization, actor, Permission.ISSUE_INVOICES)
    payment = get_payment(organization, payment_id)
    tip = Money(tip_minor(organization, payment), currency(payment.currency))
    if not tip or payment.invoice_id is None:
        return None
    try:
        return retried(partial(_invoice, organization, payment, payment.invoice_id, tip, actor))
    except AllsquareError as problem:
        raise_attention(
            organization=organization,
            kind=TIP_NOT_INVOICED,
            subject=("payment", payment.id),
            data={"amount_minor": tip.minor, "currency": payment.currency, "news": problem.message},
            actor=actor,
        )
        return None


@retrying
def _invoice(
    organization: Organization, payment: Payment, served_id: UUID, tip: Money, actor: Actor
) -> Invoice:
    """Whoever else has news of this payment waits at the invoice that it was for."""
    served = Invoice.objects.filter(organization=organization, id=served_id).select_related("customer")
    of = served.select_for_update(no_key=True, of=("self",)).get()
    earlier = tip_of(organization, payment)
    if earlier is not None:
        return earlier.invoice
    with translation.override(of.customer.language):
        description = _("Tip")
    draft = create_draft(
        organization=organization,
        customer_id=of.customer_id,
        lines=[
            LineInput(
                description=description,
                quantity=Decimal(1),
                unit_price=tip.decimal,
                tax_category=_category(organization, of),
            )
        ],
        actor=actor,
        currency=payment.currency,
        prices_include_tax=True,
        payment_days=0,
    )
    (invoice,) = issue(organization=organization, invoice_ids=[draft.id], actor=actor)
    failpoints.reached("tip.issued")
    count_tip(organization=organization, payment_id=payment.id, invoice_id=invoice.id, actor=actor)
    return invoice


def _category(organization: Organization, of: Invoice) -> str:
    """A tip is taxed as what it was given for: that is most of the invoice."""
    lines = InvoiceLine.objects.filter(organization=organization, invoice=of)
    return lines.order_by("-net_minor", "position").values_list("tax_category", flat=True)[0]
