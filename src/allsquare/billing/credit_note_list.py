"""The list of credit notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.words import CREDIT_NOTE_WORDS, INVOICE_WORDS
from allsquare.core.currencies import currency
from allsquare.core.listing import (
    AmountFilter,
    Column,
    CurrencyFilter,
    DayFilter,
    Key,
    Kind,
    ListSpec,
    Place,
    Row,
    Sort,
)
from allsquare.core.listing.search import Search
from allsquare.core.money import Money
from allsquare.customers.filters import customer_filter
from allsquare.customers.models import Customer
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission


def search_credit_notes(organization: Organization, search: Search) -> Q:
    """By their own numbers, those of their invoices, and their customers."""
    customers = search.related(Customer.objects.filter(organization=organization), CUSTOMER_WORDS)
    invoices = search.related(Invoice.objects.filter(organization=organization), INVOICE_WORDS)
    return (
        Q(customer_id__in=customers)
        | Q(invoice_id__in=invoices)
        | search.own(CreditNote.objects.filter(organization=organization), CREDIT_NOTE_WORDS)
    )


def _rows(organization: Organization) -> QuerySet[CreditNote]:
    return CreditNote.objects.filter(organization=organization)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[CreditNote]:
    found = CreditNote.objects.filter(organization=organization, id__in=ids)
    return list(found.select_related("customer", "invoice"))


def _money(row: Row, minor: int) -> Money:
    return Money(minor, currency(row.item.currency))


CREDIT_NOTES: Final = ListSpec(
    name="credit_notes",
    label=_("Credit notes"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    search=search_credit_notes,
    search_label=_("Number, invoice or customer"),
    default_sort="-created",
    columns=(
        Column(
            name="number",
            label=_("Number"),
            value=lambda row: row.item.number,
            place=Place.TITLE,
            fixed=True,
        ),
        Column(name="customer", label=_("Customer"), value=lambda row: row.item.customer.name),
        Column(name="invoice", label=_("Invoice"), value=lambda row: row.item.invoice.number),
        Column(
            name="issued",
            label=_("Issued"),
            value=lambda row: row.item.issued_on,
            kind=Kind.DAY,
            sort="issued",
        ),
        Column(name="reason", label=_("Reason"), value=lambda row: row.item.reason, place=Place.WIDE),
        Column(
            name="total",
            label=_("Total"),
            value=lambda row: _money(row, row.item.total_minor),
            kind=Kind.AMOUNT,
            place=Place.TOP_END,
            sort="total",
        ),
        Column(
            name="net",
            label=_("Net"),
            value=lambda row: _money(row, row.item.net_minor),
            kind=Kind.AMOUNT,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="tax",
            label=_("Tax"),
            value=lambda row: _money(row, row.item.tax_minor),
            kind=Kind.AMOUNT,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="created",
            label=_("Created"),
            value=lambda row: row.item.created_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            sort="created",
            shown=False,
        ),
    ),
    sorts=(
        # Numbers are given in the order of making.
        Sort("created", _("Number"), (Key("created_at", datetime),)),
        Sort("issued", _("Issued"), (Key("issued_on", date),)),
        Sort("total", _("Total"), (Key("currency", str), Key("total_minor", int))),
    ),
    filters=(
        DayFilter(name="issued", label=_("Issued"), field="issued_on"),
        AmountFilter(name="total", label=_("Total"), field="total_minor"),
        CurrencyFilter(name="currency", label=_("Currency")),
        customer_filter(),
    ),
)
