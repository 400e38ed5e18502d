"""How a list is narrowed to one customer."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from allsquare.core.listing import RowFilter
from allsquare.customers.selectors import get_customer
from allsquare.identity.models import Organization


def _name_of(organization: Organization, customer: UUID) -> str:
    return get_customer(organization, customer).name


def customer_filter(field: str = "customer_id") -> RowFilter:
    """Rows of one customer, chosen by name.

    :param field: where the rows of the list keep the customer's id.
    """
    return RowFilter(name="customer", label=_("Customer"), field=field, find=_name_of, picker="customer")
