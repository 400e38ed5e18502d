"""The list of refunds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import In
from django.utils.translation import gettext_lazy as _

from allsquare.billing.models import Invoice
from allsquare.billing.words import INVOICE_WORDS
from allsquare.core.currencies import currency
from allsquare.core.listing import (
    AmountFilter,
    Choice,
    ChoiceFilter,
    Column,
    CurrencyFilter,
    InstantFilter,
    Key,
    Kind,
    ListSpec,
    Place,
    Sort,
)
from allsquare.core.listing.search import Search
from allsquare.core.money import Money
from allsquare.core.words import shown
from allsquare.customers.filters import customer_filter
from allsquare.customers.models import Customer
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.payments.models import Payment, Refund
from allsquare.payments.states import RefundState

S = RefundState


def by_payment(organization: Organization, search: Search) -> Q:
    """Refunds or disputes of payments by the customers and for the invoices that the words find, or by the provider's
    whole reference."""
    customers = search.related(Customer.objects.filter(organization=organization), CUSTOMER_WORDS)
    invoices = search.related(Invoice.objects.filter(organization=organization), INVOICE_WORDS)
    payment = Payment.objects.filter(organization=organization, id=OuterRef("payment_id"))
    if isinstance(customers, list) and isinstance(invoices, list):
        found = Q(Exists(payment.filter(Q(customer_id__in=customers) | Q(invoice_id__in=invoices))))
    else:
        # Asked of one refund's payment after the other: all payments of very many customers would take long.
        found = Q(In(Subquery(payment.values("customer_id")), customers))
        found |= Q(In(Subquery(payment.values("invoice_id")), invoices))
    return found | Q(reference=search.text)


def _rows(organization: Organization) -> QuerySet[Refund]:
    return Refund.objects.filter(organization=organization)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[Refund]:
    found = Refund.objects.filter(organization=organization, id__in=ids)
    return list(found.select_related("payment__customer", "payment__invoice").defer("input_hash"))


REFUNDS: Final = ListSpec(
    name="refunds",
    label=_("Refunds"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    search=by_payment,
    search_label=_("Invoice, customer or reference"),
    default_sort="-created",
    columns=(
        Column(
            name="created",
            label=_("Started"),
            value=lambda row: row.item.created_at,
            kind=Kind.INSTANT,
            place=Place.TITLE,
            sort="created",
            fixed=True,
        ),
        Column(name="customer", label=_("Customer"), value=lambda row: row.item.payment.customer.name),
        Column(
            name="invoice",
            label=_("Invoice"),
            value=lambda row: row.item.payment.invoice.number if row.item.payment.invoice else None,
        ),
        Column(
            name="state",
            label=_("State"),
            value=lambda row: row.item.state,
            kind=Kind.STATE,
            badge="refund",
            place=Place.END,
        ),
        Column(name="reason", label=_("Reason"), value=lambda row: row.item.reason, place=Place.WIDE),
        Column(
            name="settled",
            label=_("Ended"),
            value=lambda row: row.item.settled_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            sort="settled",
        ),
        Column(
            name="amount",
            label=_("Amount"),
            value=lambda row: Money(row.item.amount_minor, currency(row.item.currency)),
            kind=Kind.AMOUNT,
            place=Place.TOP_END,
            sort="amount",
        ),
        Column(
            name="reference",
            label=_("Reference"),
            value=lambda row: row.item.reference,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="failure",
            label=_("Why it failed"),
            value=lambda row: shown(row.item.failure_message),
            place=Place.WIDE,
            shown=False,
        ),
    ),
    sorts=(
        Sort("created", _("Started"), (Key("created_at", datetime),)),
        Sort("settled", _("Ended"), (Key("settled_at", datetime),), nullable=True),
        Sort("amount", _("Amount"), (Key("currency", str), Key("amount_minor", int))),
    ),
    filters=(
        ChoiceFilter(
            name="state",
            label=_("State"),
            field="state",
            choices=(
                Choice(S.STARTED, _("Started")),
                Choice(S.PENDING, _("Pending")),
                Choice(S.UNKNOWN, _("Asking the provider")),
                Choice(S.SUCCEEDED, _("Given back")),
                Choice(S.FAILED, _("Failed")),
            ),
        ),
        InstantFilter(name="created", label=_("Started"), field="created_at"),
        AmountFilter(name="amount", label=_("Amount"), field="amount_minor"),
        CurrencyFilter(name="currency", label=_("Currency")),
        customer_filter("payment__customer_id"),
    ),
)
