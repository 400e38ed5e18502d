"""The list of customers, as far as this package knows them; ``billing.owed`` adds what they owe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from allsquare.core.listing import (
    Choice,
    ChoiceFilter,
    CodeFilter,
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
from allsquare.customers.models import Customer
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission


def search_customers(organization: Organization, search: Search) -> Q:
    """Name, contact, e-mail address, tax number, place."""
    return search.own(Customer.objects.filter(organization=organization), CUSTOMER_WORDS)


def _rows(organization: Organization) -> QuerySet[Customer]:
    # Small and capital letters are one to whoever looks for a name.
    return Customer.objects.filter(organization=organization).annotate(name_key=Lower("name"))


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[Customer]:
    return list(Customer.objects.filter(organization=organization, id__in=ids).select_related("group"))


ARCHIVED: Final = (
    Choice("only", _("Archived only"), lambda _organization: Q(archived_at__isnull=False)),
    Choice("too", _("Archived too"), lambda _organization: Q()),
)

CUSTOMERS: Final = ListSpec(
    name="customers",
    label=_("Customers"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    search=search_customers,
    search_label=_("Name, e-mail or tax number"),
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
        Column(name="email", label=_("E-mail"), value=lambda row: row.item.email),
        Column(name="city", label=_("City"), value=lambda row: row.item.city, place=Place.WIDE),
        Column(
            name="contact",
            label=_("Contact"),
            value=lambda row: row.item.contact_name,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="phone", label=_("Phone"), value=lambda row: row.item.phone, place=Place.WIDE, shown=False
        ),
        Column(
            name="street", label=_("Street"), value=lambda row: row.item.street, place=Place.WIDE, shown=False
        ),
        Column(
            name="postal_code",
            label=_("Postal code"),
            value=lambda row: row.item.postal_code,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="country",
            label=_("Country"),
            value=lambda row: row.item.country,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="tax_id",
            label=_("Tax number"),
            value=lambda row: row.item.tax_id,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="group",
            label=_("Group"),
            value=lambda row: row.item.group.name if row.item.group else "",
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="currency",
            label=_("Currency"),
            value=lambda row: row.item.currency,
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
        Sort("created", _("Entered"), (Key("created_at", datetime),)),
    ),
    filters=(
        ChoiceFilter(
            name="kind",
            label=_("Kind"),
            field="kind",
            choices=(Choice("company", _("Company")), Choice("person", _("Person"))),
        ),
        CodeFilter(name="country", label=_("Country"), field="country"),
        CodeFilter(name="group", label=_("Group"), field="group__name"),
        CurrencyFilter(name="currency", label=_("Currency")),
        InstantFilter(name="created", label=_("Entered"), field="created_at"),
        ChoiceFilter(
            name="archived",
            label=_("Archived"),
            field="archived_at",
            choices=ARCHIVED,
            usual=Q(archived_at__isnull=True),
            single=True,
        ),
    ),
)
