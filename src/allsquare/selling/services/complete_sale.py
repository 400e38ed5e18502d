"""The money of a sale is there: its invoice is written, issued and paid with it, together."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.core import clock, failpoints
from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.errors import AllsquareError
from allsquare.core.events import News, record
from allsquare.core.money import Money
from allsquare.core.transactions import retried, retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.attention import SALE_NOT_MADE
from allsquare.payments.models import Payment
from allsquare.payments.services.count_towards import count_towards
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.payments.states import PaymentState
from allsquare.selling.errors import SaleUnknown, SoldOut
from allsquare.selling.holds import is_over
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.selectors import payment_of_sale, units_left


def complete_sale(*, organization: Organization, sale_id: UUID, actor: Actor) -> Sale.State:
    """What the sale is now. One whose payment has not come stays as it is, one whose payment ended unpaid, or was
    wholly given back before there was an invoice, is given up. Asking twice changes nothing.

    Where no invoice can be written (the period is closed, the last unit went to somebody else), the money stays the
    customer's credit, and a person is told. Raises ``SaleUnknown``.
    """
    require(organization, actor, Permission.ISSUE_INVOICES)
    try:
        return retried(lambda: _complete(organization, sale_id, actor))
    except SaleUnknown:
        raise
    except AllsquareError as problem:
        _tell(organization, sale_id, problem.message, actor)
        return Sale.State.HELD


@retrying
def _complete(organization: Organization, sale_id: UUID, actor: Actor) -> Sale.State:
    sale = _locked(organization, sale_id)
    payment = payment_of_sale(organization, sale)
    if sale.state == Sale.State.SOLD or payment is None:
        return Sale.State(sale.state)
    if is_over(payment):
        return _give_up(organization, sale)
    if payment.state != PaymentState.SUCCEEDED:
        return Sale.State(sale.state)
    if sale.state == Sale.State.GIVEN_UP:
        left = units_left(organization, sale.link)
        if left is not None and left < sale.quantity:
            raise SoldOut(_("the last went to somebody else meanwhile"))
    invoice = _invoice(organization, sale, actor)
    failpoints.reached("sale.issued")
    _pay(organization, sale, invoice, payment, actor)
    return Sale.State.SOLD


def _locked(organization: Organization, sale_id: UUID) -> Sale:
    """The link first, where units are counted."""
    found = Sale.objects.filter(organization=organization, id=sale_id)
    limited = PaymentLink.objects.filter(organization=organization, sales__in=found, limit__isnull=False)
    list(limited.select_for_update(no_key=True))
    sale = found.select_for_update(no_key=True, of=("self",)).select_related("link", "customer").first()
    if sale is None:
        raise SaleUnknown(_("There is no such sale."))
    return sale


def _give_up(organization: Organization, sale: Sale) -> Sale.State:
    Sale.objects.filter(organization=organization, id=sale.id).update(state=Sale.State.GIVEN_UP)
    return Sale.State.GIVEN_UP


def _invoice(organization: Organization, sale: Sale, actor: Actor) -> Invoice:
    """At the price with tax that was on the page."""
    unit = currency(sale.currency)
    link = sale.link
    with translation.override(sale.customer.language):
        tip = _("Tip")
    lines = [
        LineInput(
            description=link.description or link.name,
            quantity=Decimal(sale.quantity),
            unit_price=Money(sale.price_minor, unit).decimal,
            unit=link.item.unit if link.item else "C62",
            tax_category=link.tax_category,
            item_id=link.item_id,
        )
    ]
    if sale.tip_minor:
        lines.append(
            LineInput(
                description=tip,
                quantity=Decimal(1),
                unit_price=Money(sale.tip_minor, unit).decimal,
                tax_category=link.tax_category,
            )
        )
    draft = create_draft(
        organization=organization,
        customer_id=sale.customer_id,
        lines=lines,
        actor=actor,
        currency=sale.currency,
        prices_include_tax=True,
        payment_days=0,
    )
    (invoice,) = issue(organization=organization, invoice_ids=[draft.id], actor=actor)
    return invoice


def _pay(organization: Organization, sale: Sale, invoice: Invoice, payment: Payment, actor: Actor) -> None:
    count_towards(organization=organization, payment_id=payment.id, invoice_id=invoice.id, actor=actor)
    at = clock.now(organization)
    Sale.objects.filter(organization=organization, id=sale.id).update(
        state=Sale.State.SOLD, invoice=invoice, sold_at=at
    )
    facts: dict[str, object] = {
        "name": sale.link.name,
        "sale": str(sale.id),
        "number": invoice.number,
        "quantity": sale.quantity,
        "amount_minor": sale.total_minor,
        "currency": sale.currency,
        "payment": str(payment.id),
    }
    news = News("sale.completed", "payment_link", sale.link_id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)


def _tell(organization: Organization, sale_id: UUID, why: str, actor: Actor) -> None:
    sale = Sale.objects.get(organization=organization, id=sale_id)
    payment = payment_of_sale(organization, sale)
    if payment is not None and payment.state == PaymentState.SUCCEEDED:
        raise_attention(
            organization=organization,
            kind=SALE_NOT_MADE,
            subject=("payment", payment.id),
            data={"amount_minor": payment.captured_minor, "currency": payment.currency, "news": why},
            actor=actor,
        )
