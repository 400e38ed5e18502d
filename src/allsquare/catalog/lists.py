"""The list of items."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from allsquare.catalog.models import Item
from allsquare.catalog.words import ITEM_WORDS
from allsquare.core.listing import (
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
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission


def search_items(organization: Organization, search: Search) -> Q:
    """Code, name and description."""
    return search.own(Item.objects.filter(organization=organization), ITEM_WORDS)


def _rows(organization: Organization) -> QuerySet[Item]:
    return Item.objects.filter(organization=organization).annotate(name_key=Lower("name"))


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[Item]:
    return list(Item.objects.filter(organization=organization, id__in=ids))


ITEMS: Final = ListSpec(
    name="items",
    label=_("Items"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    search=search_items,
    search_label=_("Code, name or description"),
    default_sort="name",
    columns=(
        Column(
            name="name",
            label=_("Name"),
            value=lambda row: row.item.name,
            place=Place.TITLE,
            sort="name",
            fixed=True,
        ),
        Column(name="code", label=_("Code"), value=lambda row: row.item.code, sort="code"),
        Column(
            name="kind", label=_("Kind"), value=lambda row: row.item.kind, kind=Kind.CODE, place=Place.END
        ),
        Column(
            name="unit", label=_("Unit"), value=lambda row: row.item.unit, kind=Kind.CODE, place=Place.WIDE
        ),
        Column(
            name="price",
            label=_("Price"),
            value=lambda row: row.item.unit_price,
            kind=Kind.NUMBER,
            place=Place.TOP_END,
            sort="price",
        ),
        Column(
            name="currency",
            label=_("Currency"),
            value=lambda row: row.item.currency,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="description",
            label=_("Description"),
            value=lambda row: row.item.description,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="created",
            label=_("Entered"),
            value=lambda row: row.item.created_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            sort="created",
            shown=False,
        ),
        Column(
            name="archived",
            label=_("Archived"),
            value=lambda row: row.item.archived_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            shown=False,
        ),
    ),
    sorts=(
        Sort("name", _("Name"), (Key("name_key", str),)),
        Sort("code", _("Code"), (Key("code", str),)),
        Sort("price", _("Price"), (Key("currency", str), Key("unit_price", Decimal))),
        Sort("created", _("Entered"), (Key("created_at", datetime),)),
    ),
    filters=(
        ChoiceFilter(
            name="kind",
            label=_("Kind"),
            field="kind",
            choices=(Choice("product", _("Product")), Choice("service", _("Service"))),
        ),
        CurrencyFilter(name="currency", label=_("Currency")),
        InstantFilter(name="created", label=_("Entered"), field="created_at"),
        ChoiceFilter(
            name="archived",
            label=_("Archived"),
            field="archived_at",
            choices=(
                Choice("only", _("Archived only"), lambda _organization: Q(archived_at__isnull=False)),
                Choice("too", _("Archived too"), lambda _organization: Q()),
            ),
            usual=Q(archived_at__isnull=True),
            single=True,
        ),
    ),
)
