"""What the invoice editor offers to choose from. However many customers and items there are, a page holds few of
them: the pickers ask for more, and what is already chosen is read by its id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final
from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.catalog.models import Item
from allsquare.catalog.selectors import items_by_id, list_items
from allsquare.core import clock
from allsquare.core.formatting import format_percent
from allsquare.customers.errors import CustomerUnknown
from allsquare.customers.models import Customer
from allsquare.customers.selectors import get_customer, list_customers
from allsquare.identity.models import Organization
from allsquare.tax.categories import TaxCategory
from allsquare.tax.selectors import list_rates
from allsquare.web.console.forms.fields import Choices
from allsquare.web.console.forms.invoice import Offered, typed_rows
from allsquare.web.ui.formats import language

#: Entries of the plain lists, which only browsers without scripts show.
_LISTED: Final = 25


def offered(
    organization: Organization,
    values: Mapping[str, str],
    *,
    lists: bool = True,
    known: Invoice | None = None,
) -> Offered:
    """For an editor with these raw ``values``. ``lists=False`` leaves out what nobody has chosen: for answers that
    show no lists. ``known`` is a draft that was read with its customer and items. At most five queries."""
    customers = list_customers(organization, limit=_LISTED) if lists else []
    chosen = _customer(organization, values.get("customer", ""), known)
    items = list_items(organization, limit=_LISTED) if lists else []
    named = _items(organization, (row.get("item", "") for row in typed_rows(values)), known)
    return Offered(
        customers=[*chosen, *(customer for customer in customers if customer not in chosen)],
        items=[*items, *(item for item in named if item not in items)],
        taxes=taxes(organization),
        payment_days=organization.payment_days,
        base_currency=organization.base_currency,
    )


def days_to_pay(organization: Organization, customer: str) -> int:
    """What the chosen customer has, else everybody."""
    for chosen in _customer(organization, customer):
        if chosen.payment_days is not None:
            return chosen.payment_days
    return organization.payment_days


def _customer(organization: Organization, chosen: str, known: Invoice | None = None) -> list[Customer]:
    """Nothing for what is no customer of ours: the form says so."""
    if known is not None and chosen == str(known.customer_id):
        return [known.customer]
    try:
        return [get_customer(organization, UUID(chosen))]
    except (ValueError, CustomerUnknown):
        return []


def _items(organization: Organization, chosen: Iterable[str], known: Invoice | None) -> list[Item]:
    ids = set()
    for text in chosen:
        with suppress(ValueError):
            ids.add(UUID(text))
    here = {line.item for line in known.lines.all() if line.item is not None} if known else set()
    missing = ids - {item.id for item in here}
    found = [item for item in here if item.id in ids]
    return sorted(found, key=lambda item: item.name) + (items_by_id(organization, missing) if missing else [])


def taxes(organization: Organization) -> Choices:
    """The standard rate, the reduced ones (which a line names by their percentage), and the reasons for no tax."""
    today = clock.today(organization)
    rates = [
        rate.percent
        for rate in list_rates(organization)
        if rate.country == organization.country
        and rate.category == TaxCategory.STANDARD
        and rate.valid_from <= today
        and (rate.valid_until is None or rate.valid_until >= today)
    ]
    standard = [format_percent(percent.normalize() + 0, language()) for percent in rates[:1]]
    reduced = [
        (
            f"{TaxCategory.STANDARD}:{percent.normalize() + 0:f}",
            format_percent(percent.normalize() + 0, language()),
        )
        for percent in dict.fromkeys(rates[1:])
    ]
    others = [
        (category.value, category.label) for category in TaxCategory if category is not TaxCategory.STANDARD
    ]
    return [("S", standard[0] if standard else TaxCategory.STANDARD.label), *reduced, *others]
