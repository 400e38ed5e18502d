"""What a customer's record says, and what of it is accepted."""

from __future__ import annotations

from typing import TypedDict

from django.utils.translation import gettext_lazy as _lazy

from allsquare.core import checks, numbers
from allsquare.customers.models import Customer


class CustomerDetails(TypedDict, total=False):
    """The fields that people fill in; see the model."""

    kind: str
    contact_name: str
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    region: str
    country: str
    tax_id: str
    language: str
    currency: str
    notes: str


class ChangedDetails(CustomerDetails, total=False):
    """For a change, the name is one field like the others."""

    name: str


def check(customer: Customer) -> None:
    """Tidy every field in place. Raises ``FieldErrors`` naming every field that is wrong."""
    checks.tidy(
        customer,
        {
            "name": checks.needed(_lazy("The customer needs a name.")),
            "country": checks.country,
            "tax_id": lambda number: numbers.tax_id(number, customer.country),
            "language": checks.language,
            "currency": checks.money_code,
        },
    )
