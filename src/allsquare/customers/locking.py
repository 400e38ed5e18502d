"""The row that changes of a customer queue at."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.customers.errors import ContactUnknown, CustomerUnknown
from allsquare.customers.models import Contact, Customer
from allsquare.identity.models import Organization


def locked_customer(organization: Organization, customer_id: UUID) -> Customer:
    """Raises :class:`CustomerUnknown`."""
    found = Customer.objects.filter(organization=organization, id=customer_id)
    customer = found.select_for_update(no_key=True).first()
    if customer is None:
        raise CustomerUnknown(_("There is no such customer."))
    return customer


def locked_contact(organization: Organization, contact_id: UUID) -> Contact:
    """Raises :class:`ContactUnknown`."""
    found = Contact.objects.filter(organization=organization, id=contact_id)
    contact = found.select_for_update(of=("self",)).first()
    if contact is None:
        raise ContactUnknown(_("There is no such contact."))
    return contact
