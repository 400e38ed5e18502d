"""The list of disputes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from allsquare.core.currencies import currency
from allsquare.core.listing import (
    Choice,
    ChoiceFilter,
    Column,
    InstantFilter,
    Key,
    Kind,
    ListSpec,
    Place,
    Sort,
)
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.payments.about_payments import (
    CUSTOMER,
    FILTERS,
    INVOICE,
    REFERENCE,
    amount_column,
    by_payment,
)
from allsquare.payments.models import Dispute
from allsquare.payments.states import DisputeState


def _rows(organization: Organization) -> QuerySet[Dispute]:
    return Dispute.objects.filter(organization=organization)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[Dispute]:
    found = Dispute.objects.filter(organization=organization, id__in=ids)
    return list(found.select_related("payment__customer", "payment__invoice"))


DISPUTES: Final = ListSpec(
    name="disputes",
    label=_("Disputes"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    search=by_payment,
    search_label=_("Invoice, customer or reference"),
    default_sort="-opened",
    columns=(
        Column(
            name="opened",
            label=_("Opened"),
            value=lambda row: row.item.opened_at,
            kind=Kind.INSTANT,
            place=Place.TITLE,
            sort="opened",
            fixed=True,
        ),
        CUSTOMER,
        INVOICE,
        Column(
            name="state",
            label=_("State"),
            value=lambda row: row.item.state,
            kind=Kind.STATE,
            badge="dispute",
            place=Place.END,
        ),
        Column(
            name="until",
            label=_("Answer by"),
            value=lambda row: row.item.evidence_by if row.item.state == DisputeState.OPENED else None,
            kind=Kind.INSTANT,
        ),
        Column(
            name="fee",
            label=_("Fee"),
            value=lambda row: Money(row.item.fee_minor, currency(row.item.currency)),
            kind=Kind.AMOUNT,
            place=Place.WIDE,
        ),
        amount_column(),
        Column(
            name="closed",
            label=_("Closed"),
            value=lambda row: row.item.closed_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            shown=False,
        ),
        REFERENCE,
    ),
    sorts=(Sort("opened", _("Opened"), (Key("opened_at", datetime),)),),
    filters=(
        ChoiceFilter(
            name="state",
            label=_("State"),
            field="state",
            choices=(
                Choice(DisputeState.OPENED, _("Open")),
                Choice(DisputeState.WON, _("Won")),
                Choice(DisputeState.LOST, _("Lost")),
            ),
        ),
        InstantFilter(name="opened", label=_("Opened"), field="opened_at"),
        *FILTERS,
    ),
)
