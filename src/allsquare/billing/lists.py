"""The list of invoices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from allsquare.billing.models import Invoice
from allsquare.billing.search import search_invoices
from allsquare.billing.states import OPEN_STATES, InvoiceState, shown_state
from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.listing import (
    AmountFilter,
    Choice,
    ChoiceFilter,
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
from allsquare.core.money import Money
from allsquare.customers.filters import customer_filter
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission

S = InvoiceState

#: What a list never shows: pages of text and the frozen parties.
_HEAVY: Final = ("notes", "terms", "seller", "buyer")


def _rows(organization: Organization) -> QuerySet[Invoice]:
    return Invoice.objects.filter(organization=organization)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[Invoice]:
    found = Invoice.objects.filter(organization=organization, id__in=ids)
    return list(found.select_related("customer").defer(*_HEAVY))


def _drafts(_organization: Organization) -> Q:
    """Drafts have no number and nothing else has none (a constraint says so): an index has those."""
    return Q(number__isnull=True)


def _open(_organization: Organization) -> Q:
    return Q(state__in=OPEN_STATES)


def _overdue(organization: Organization) -> Q:
    return Q(state__in=OPEN_STATES, due_on__lt=clock.today(organization))


def _state(row: Row) -> str:
    invoice: Invoice = row.item
    return shown_state(invoice.state, due_on=invoice.due_on, today=clock.today(row.organization))


def _money(row: Row, minor: int) -> Money:
    return Money(minor, currency(row.item.currency))


def _still_open(row: Row) -> Money | None:
    invoice: Invoice = row.item
    owes = invoice.state in OPEN_STATES and invoice.open_minor
    return _money(row, invoice.open_minor) if owes else None


INVOICES: Final = ListSpec(
    name="invoices",
    label=_("Invoices"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    search=search_invoices,
    search_label=_("Number, customer or reference"),
    default_sort="-created",
    columns=(
        Column(
            name="number",
            label=_("Number"),
            value=lambda row: row.item.number,
            place=Place.TITLE,
            sort="number",
            fixed=True,
        ),
        Column(name="customer", label=_("Customer"), value=lambda row: row.item.customer.name),
        Column(
            name="state",
            label=_("State"),
            value=_state,
            kind=Kind.STATE,
            badge="invoice",
            place=Place.END,
        ),
        Column(
            name="issued",
            label=_("Issued"),
            value=lambda row: row.item.issued_on,
            kind=Kind.DAY,
            place=Place.WIDE,
            sort="issued",
        ),
        Column(name="due", label=_("Due"), value=lambda row: row.item.due_on, kind=Kind.DAY, sort="due"),
        Column(
            name="total",
            label=_("Total"),
            value=lambda row: _money(row, row.item.total_minor),
            kind=Kind.AMOUNT,
            place=Place.TOP_END,
            sort="total",
        ),
        Column(name="open", label=_("Open"), value=_still_open, kind=Kind.AMOUNT, place=Place.WIDE),
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
            name="paid",
            label=_("Paid"),
            value=lambda row: _money(row, row.item.paid_minor),
            kind=Kind.AMOUNT,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="credited",
            label=_("Credited"),
            value=lambda row: _money(row, row.item.credited_minor),
            kind=Kind.AMOUNT,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="reference",
            label=_("Reference"),
            value=lambda row: row.item.reference,
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
        Column(
            name="sent",
            label=_("Sent"),
            value=lambda row: row.item.sent_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="paid_at",
            label=_("Paid on"),
            value=lambda row: row.item.paid_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            shown=False,
        ),
    ),
    sorts=(
        Sort("created", _("Created"), (Key("created_at", datetime),)),
        # Numbers are given in the order of issue; as texts 100000 would come before 99999.
        Sort("number", _("Number"), (Key("issued_at", datetime),), nullable=True),
        Sort("issued", _("Issued"), (Key("issued_on", date),), nullable=True),
        Sort("due", _("Due"), (Key("due_on", date),), nullable=True),
        # By currency first: 1,000 of one is neither more nor less than 900 of another.
        Sort("total", _("Total"), (Key("currency", str), Key("total_minor", int))),
    ),
    filters=(
        ChoiceFilter(
            name="state",
            label=_("State"),
            field="state",
            choices=(
                Choice(S.DRAFT, _("Drafts"), _drafts),
                Choice("open", _("Open"), _open),
                Choice("overdue", _("Overdue"), _overdue),
                Choice(S.ISSUED, _("Issued")),
                Choice(S.SENT, _("Sent")),
                Choice(S.VIEWED, _("Viewed")),
                Choice(S.PARTLY_PAID, _("Partly paid")),
                Choice(S.PAID, _("Paid")),
                Choice(S.CREDITED, _("Credited")),
                Choice(S.VOID, _("Void")),
                Choice(S.WRITTEN_OFF, _("Written off")),
            ),
        ),
        DayFilter(name="issued", label=_("Issued"), field="issued_on"),
        DayFilter(name="due", label=_("Due"), field="due_on", is_ahead=True),
        AmountFilter(name="total", label=_("Total"), field="total_minor"),
        CurrencyFilter(name="currency", label=_("Currency")),
        customer_filter(),
    ),
)
