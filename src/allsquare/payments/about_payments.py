"""What lists of refunds and of disputes have in common: each row is about a payment, and found and shown by it."""

from __future__ import annotations

from typing import Final

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.lookups import In
from django.utils.translation import gettext_lazy as _

from allsquare.billing.models import Invoice
from allsquare.billing.words import INVOICE_WORDS
from allsquare.core.currencies import currency
from allsquare.core.listing import AmountFilter, Column, CurrencyFilter, Kind, Place
from allsquare.core.listing.search import Search
from allsquare.core.money import Money
from allsquare.customers.filters import customer_filter
from allsquare.customers.models import Customer
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment

CUSTOMER: Final = Column(
    name="customer", label=_("Customer"), value=lambda row: row.item.payment.customer.name
)
INVOICE: Final = Column(
    name="invoice",
    label=_("Invoice"),
    value=lambda row: row.item.payment.invoice.number if row.item.payment.invoice else None,
)
REFERENCE: Final = Column(
    name="reference",
    label=_("Reference"),
    value=lambda row: row.item.reference,
    place=Place.WIDE,
    shown=False,
)
FILTERS: Final = (
    AmountFilter(name="amount", label=_("Amount"), field="amount_minor"),
    CurrencyFilter(name="currency", label=_("Currency")),
    customer_filter("payment__customer_id"),
)


def amount_column(*, sort: str = "") -> Column:
    """``sort`` names the sort behind its head."""
    return Column(
        name="amount",
        label=_("Amount"),
        value=lambda row: Money(row.item.amount_minor, currency(row.item.currency)),
        kind=Kind.AMOUNT,
        place=Place.TOP_END,
        sort=sort,
    )


def by_payment(organization: Organization, search: Search) -> Q:
    """Those of payments by the customers and for the invoices that the words find, or by the provider's whole
    reference."""
    customers = search.related(Customer.objects.filter(organization=organization), CUSTOMER_WORDS)
    invoices = search.related(Invoice.objects.filter(organization=organization), INVOICE_WORDS)
    payment = Payment.objects.filter(organization=organization, id=OuterRef("payment_id"))
    if isinstance(customers, list) and isinstance(invoices, list):
        found = Q(Exists(payment.filter(Q(customer_id__in=customers) | Q(invoice_id__in=invoices))))
    else:
        # Asked of one row's payment after the other: all payments of very many customers would take long.
        found = Q(In(Subquery(payment.values("customer_id")), customers))
        found |= Q(In(Subquery(payment.values("invoice_id")), invoices))
    return found | Q(reference=search.text)
