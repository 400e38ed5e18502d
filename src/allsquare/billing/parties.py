"""Seller and buyer as they are at issue, frozen as plain facts: a later change of address changes no invoice."""

from __future__ import annotations

from allsquare.customers.models import Customer
from allsquare.identity.models import Organization

_ADDRESS = ("street", "postal_code", "city", "region", "country", "email", "phone", "tax_id")


def seller_facts(organization: Organization) -> dict[str, str]:
    facts = {name: getattr(organization, name) for name in (*_ADDRESS, "iban", "bic")}
    return {"name": organization.legal_name or organization.name, **facts}


def buyer_facts(customer: Customer) -> dict[str, str]:
    facts = {name: getattr(customer, name) for name in (*_ADDRESS, "contact_name")}
    return {"name": customer.name, **facts}
