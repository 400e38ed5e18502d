"""Reading customers. The organization comes first."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from allsquare.customers.errors import CustomerUnknown
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization


def get_customer(organization: Organization, customer_id: UUID) -> Customer:
    """An archived one too. Raises :class:`CustomerUnknown`."""
    found = Customer.objects.filter(organization=organization, id=customer_id).first()
    if found is None:
        raise CustomerUnknown(_("There is no such customer."))
    return found


def list_customers(
    organization: Organization, *, search: str = "", after: tuple[str, UUID] | None = None, limit: int = 50
) -> list[Customer]:
    """By name, those after the (name, id) of the last one seen; archived ones are left out.

    ``search`` looks into name, contact, e-mail address and tax number.
    """
    found = Customer.objects.filter(organization=organization, archived_at__isnull=True)
    if search:
        found = found.filter(
            Q(name__icontains=search)
            | Q(contact_name__icontains=search)
            | Q(email__icontains=search)
            | Q(tax_id__icontains=search)
        )
    if after is not None:
        name, last = after
        found = found.filter(Q(name__gt=name) | Q(name=name, id__gt=last))
    return list(found.order_by("name", "id")[:limit])
