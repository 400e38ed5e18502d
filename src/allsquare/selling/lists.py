"""The list of payment links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from allsquare.core.currencies import currency
from allsquare.core.listing import Choice, ChoiceFilter, Column, Key, Kind, ListSpec, Place, Row, Sort
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.selling.models import PaymentLink, Sale


def _rows(organization: Organization) -> QuerySet[PaymentLink]:
    return PaymentLink.objects.filter(organization=organization)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[PaymentLink]:
    return list(PaymentLink.objects.filter(organization=organization, id__in=ids))


def _fill(organization: Organization, rows: Sequence[PaymentLink]) -> Mapping[UUID, tuple[int, int]]:
    """How often each was bought, and for how much: one query."""
    sold = Sale.objects.filter(organization=organization, link__in=rows, state=Sale.State.SOLD)
    sums = sold.values("link_id").annotate(
        times=Count("id"), minor=Sum(F("price_minor") * F("quantity") + F("tip_minor"))
    )
    return {row["link_id"]: (row["times"], row["minor"]) for row in sums}


def _price(row: Row) -> Money | None:
    link = row.item
    return None if link.price_minor is None else Money(link.price_minor, currency(link.currency))


LINKS: Final = ListSpec(
    name="payment_links",
    label=_("Payment links"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    fill=_fill,
    default_sort="created",
    columns=(
        Column(name="name", label=_("Name"), value=lambda row: row.item.name, place=Place.TITLE, fixed=True),
        Column(name="price", label=_("Price"), value=_price, kind=Kind.AMOUNT),
        Column(
            name="sales",
            label=pgettext_lazy("how many", "Sales"),
            value=lambda row: row.more[0] if row.more else 0,
            kind=Kind.NUMBER,
            place=Place.WIDE,
        ),
        Column(
            name="takings",
            label=_("Takings"),
            value=lambda row: Money(row.more[1] if row.more else 0, currency(row.item.currency)),
            kind=Kind.AMOUNT,
            place=Place.TOP_END,
        ),
        Column(
            name="limit",
            label=_("Limit"),
            value=lambda row: row.item.limit,
            kind=Kind.NUMBER,
            place=Place.WIDE,
        ),
        Column(
            name="ends",
            label=_("Until"),
            value=lambda row: row.item.ends_on,
            kind=Kind.DAY,
            place=Place.WIDE,
        ),
        Column(
            name="closed",
            label=pgettext_lazy("a payment link", "Closed"),
            value=lambda row: row.item.closed_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
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
    ),
    sorts=(Sort("created", _("Entered"), (Key("created_at", datetime),)),),
    filters=(
        ChoiceFilter(
            name="closed",
            label=pgettext_lazy("a payment link", "Closed"),
            field="closed_at",
            choices=(
                Choice("only", _("Closed only"), lambda _organization: Q(closed_at__isnull=False)),
                Choice("too", _("Closed too"), lambda _organization: Q()),
            ),
            usual=Q(closed_at__isnull=True),
            single=True,
        ),
    ),
)
