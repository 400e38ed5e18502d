"""The list of movements at providers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

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
    RowFilter,
    Sort,
)
from allsquare.core.listing.search import Search
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.payments.models import ProviderMovement
from allsquare.payments.selectors import own_gateway_account
from allsquare.payments.words import MOVEMENT_WORDS


def search_movements(organization: Organization, search: Search) -> Q:
    """By what they were for, and by their names at the provider."""
    return search.own(ProviderMovement.objects.filter(organization=organization), MOVEMENT_WORDS)


def _rows(organization: Organization) -> QuerySet[ProviderMovement]:
    return ProviderMovement.objects.filter(organization=organization)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[ProviderMovement]:
    found = ProviderMovement.objects.filter(organization=organization, id__in=ids)
    return list(found.select_related("gateway_account", "account", "reversal"))


def _taken_back(organization: Organization) -> Exists:
    mine = ProviderMovement.objects.filter(organization=organization, reverses_id=OuterRef("id"))
    return Exists(mine)


def _stands(organization: Organization) -> Q:
    return Q(~_taken_back(organization), reverses_id=None)


def _is_reversed(organization: Organization) -> Q:
    return Q(_taken_back(organization))


def _reverses(_organization: Organization) -> Q:
    return Q(reverses_id__isnull=False)


def _label_of(organization: Organization, account: UUID) -> str:
    return own_gateway_account(organization, account).label


MOVEMENTS: Final = ListSpec(
    name="movements",
    label=_("Movements at providers"),
    permission=Permission.VIEW_BOOKS,
    rows=_rows,
    load=_load,
    search=search_movements,
    search_label=_("What for, or reference"),
    default_sort="-day",
    columns=(
        Column(
            name="day",
            label=_("Day"),
            value=lambda row: row.item.moved_on,
            kind=Kind.DAY,
            place=Place.TITLE,
            sort="day",
            fixed=True,
        ),
        Column(name="provider", label=_("Provider"), value=lambda row: row.item.gateway_account.label),
        Column(name="kind", label=_("Kind"), value=lambda row: row.item.get_kind_display()),
        Column(name="memo", label=_("What for"), value=lambda row: row.item.memo),
        Column(
            name="account",
            label=_("Other side"),
            value=lambda row: str(row.item.account),
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="state",
            label=_("State"),
            value=lambda row: row.item.state,
            kind=Kind.STATE,
            badge="movement",
            place=Place.END,
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
            name="source",
            label=_("Source"),
            value=lambda row: row.item.get_source_display(),
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
            name="recorded",
            label=_("Recorded"),
            value=lambda row: row.item.created_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            sort="recorded",
            shown=False,
        ),
    ),
    sorts=(
        Sort("day", _("Day"), (Key("moved_on", date),)),
        # Ids are given in the order of recording.
        Sort("recorded", _("Recorded"), ()),
        Sort("amount", _("Amount"), (Key("currency", str), Key("amount_minor", int))),
    ),
    filters=(
        ChoiceFilter(
            name="kind",
            label=_("Kind"),
            field="kind",
            choices=tuple(Choice(each.value, each.label) for each in ProviderMovement.Kind),
        ),
        ChoiceFilter(
            name="state",
            label=_("State"),
            field="reverses_id",
            choices=(
                Choice("recorded", _("Stands"), _stands),
                Choice("reversed", _("Taken back"), _is_reversed),
                Choice("reversal", _("Takes another back"), _reverses),
            ),
        ),
        DayFilter(name="day", label=_("Day"), field="moved_on"),
        AmountFilter(name="amount", label=_("Amount"), field="amount_minor"),
        CurrencyFilter(name="currency", label=_("Currency")),
        RowFilter(name="provider", label=_("Provider"), field="gateway_account_id", find=_label_of),
    ),
)
