"""The list of payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from allsquare.core.currencies import currency
from allsquare.core.listing import (
    AmountFilter,
    Choice,
    ChoiceFilter,
    CodeFilter,
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
from allsquare.core.words import shown
from allsquare.customers.filters import customer_filter
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.search import search_payments
from allsquare.payments.shares import numbers_of_several
from allsquare.payments.states import PaymentState

S = PaymentState


def _rows(organization: Organization) -> QuerySet[Payment]:
    return Payment.objects.filter(organization=organization)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[Payment]:
    found = Payment.objects.filter(organization=organization, id__in=ids)
    return list(found.select_related("customer", "invoice").only(*_SHOWN))


_SHOWN: Final = (
    *(
        field.name
        for field in Payment._meta.concrete_fields  # Django's documented API
        if field.name not in ("input_hash", "redirect")
    ),
    "customer__name",
    "invoice__number",
)


def _money(row: Row, minor: int) -> Money:
    return Money(minor, currency(row.item.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFilter(CodeFilter):
    """Payments by one provider. Of one that the organization never had, no payment need be looked at."""

    def condition(self, organization: Organization, value: str) -> Q:
        had = GatewayAccount.objects.filter(organization=organization, gateway=value).exists()
        return Q(gateway=value) if had else Q(pk__in=[])


PAYMENTS: Final = ListSpec(
    name="payments",
    label=_("Payments"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    fill=numbers_of_several,
    search=search_payments,
    search_label=_("Invoice, customer or reference"),
    default_sort="-newest",
    columns=(
        Column(
            name="started",
            label=_("Started"),
            value=lambda row: row.item.created_at,
            kind=Kind.INSTANT,
            place=Place.TITLE,
            sort="newest",
            fixed=True,
        ),
        Column(name="customer", label=_("Customer"), value=lambda row: row.item.customer.name),
        Column(
            name="invoice",
            label=_("Invoice"),
            value=lambda row: row.item.invoice.number if row.item.invoice else row.more,
        ),
        Column(
            name="state",
            label=_("State"),
            value=lambda row: row.item.shown_state,
            kind=Kind.STATE,
            badge="payment",
            place=Place.END,
        ),
        Column(name="method", label=_("Method"), value=lambda row: row.item.method, kind=Kind.CODE),
        Column(
            name="received",
            label=_("Received"),
            value=lambda row: row.item.received_on,
            kind=Kind.DAY,
            place=Place.WIDE,
            sort="received",
        ),
        Column(
            name="amount",
            label=_("Amount"),
            value=lambda row: _money(row, row.item.amount_minor),
            kind=Kind.AMOUNT,
            place=Place.TOP_END,
            sort="amount",
        ),
        Column(
            name="captured",
            label=_("Arrived"),
            value=lambda row: _money(row, row.item.captured_minor),
            kind=Kind.AMOUNT,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="fee",
            label=_("Fee"),
            value=lambda row: _money(row, row.item.fee_minor),
            kind=Kind.AMOUNT,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="refunded",
            label=_("Given back"),
            value=lambda row: _money(row, row.item.refunded_minor),
            kind=Kind.AMOUNT,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="gateway",
            label=_("Provider"),
            value=lambda row: row.item.gateway,
            kind=Kind.CODE,
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
            name="failure",
            label=_("Why it failed"),
            value=lambda row: shown(row.item.failure_message),
            place=Place.WIDE,
            shown=False,
        ),
        Column(name="note", label=_("Note"), value=lambda row: row.item.note, place=Place.WIDE, shown=False),
    ),
    sorts=(
        # Ids are given in the order of time.
        Sort("newest", _("Started"), ()),
        Sort("received", _("Received"), (Key("received_on", date),), nullable=True),
        Sort("amount", _("Amount"), (Key("currency", str), Key("amount_minor", int))),
    ),
    filters=(
        ChoiceFilter(
            name="state",
            label=_("State"),
            field="state",
            choices=(
                Choice(S.SUCCEEDED, _("Succeeded")),
                Choice(S.PENDING, _("Pending")),
                Choice(S.NEEDS_ACTION, _("Needs action")),
                Choice(S.UNKNOWN, _("Asking the provider")),
                Choice(S.STARTED, _("Started")),
                Choice(S.DECLINED, _("Declined")),
                Choice(S.FAILED, _("Failed")),
                Choice(S.CANCELED, _("Canceled")),
            ),
        ),
        ChoiceFilter(
            name="method",
            label=_("Method"),
            field="method",
            choices=(
                Choice(MethodKind.CARD, _("Card")),
                Choice(MethodKind.BANK_DEBIT, _("Bank debit")),
                Choice(MethodKind.BANK_TRANSFER, _("Bank transfer")),
                Choice(MethodKind.PAYPAL, _("PayPal")),
                Choice(MethodKind.CASH, _("Cash")),
                Choice(MethodKind.CHEQUE, _("Cheque")),
            ),
        ),
        DayFilter(name="received", label=_("Received"), field="received_on"),
        AmountFilter(name="amount", label=_("Amount"), field="amount_minor"),
        CurrencyFilter(name="currency", label=_("Currency")),
        ProviderFilter(name="gateway", label=_("Provider"), field="gateway"),
        customer_filter(),
    ),
)
