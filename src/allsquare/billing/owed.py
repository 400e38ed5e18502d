"""The list of customers with what each of them owes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from allsquare.billing.selectors import OpenSum, open_sums_of_customers
from allsquare.core.currencies import currency
from allsquare.core.listing import Column, Kind, Place, Row
from allsquare.core.money import Money
from allsquare.customers import lists
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization


def _fill(organization: Organization, customers: Sequence[Customer]) -> Mapping[UUID, list[OpenSum]]:
    return open_sums_of_customers(organization, [customer.id for customer in customers])


def _open(row: Row) -> list[Money]:
    return [Money(part.open_minor, currency(part.currency)) for part in row.more or []]


def _overdue(row: Row) -> list[Money]:
    return [
        Money(part.overdue_minor, currency(part.currency)) for part in row.more or [] if part.overdue_minor
    ]


CUSTOMERS: Final = replace(
    lists.CUSTOMERS,
    fill=_fill,
    columns=(
        *lists.CUSTOMERS.columns,
        Column(name="open", label=_("Open"), value=_open, kind=Kind.AMOUNTS, place=Place.TOP_END),
        Column(name="overdue", label=_("Overdue"), value=_overdue, kind=Kind.AMOUNTS, place=Place.END),
    ),
)
