"""Customers, the people to speak to there, and what members noted about them."""

from allsquare.customers.models.contact import Contact
from allsquare.customers.models.customer import Customer
from allsquare.customers.models.group import CustomerGroup
from allsquare.customers.models.note import CustomerNote

__all__ = ["Contact", "Customer", "CustomerGroup", "CustomerNote"]
