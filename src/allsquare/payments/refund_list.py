"""The list of refunds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

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
from allsquare.core.words import shown
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
from allsquare.payments.models import Refund
from allsquare.payments.states import RefundState

S = RefundState


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
        CUSTOMER,
        INVOICE,
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
        amount_column(sort="amount"),
        REFERENCE,
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
        *FILTERS,
    ),
)
