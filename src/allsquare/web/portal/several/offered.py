"""Whether customers may do more than pay one invoice."""

from __future__ import annotations

from uuid import UUID

from allsquare.identity.models import Organization
from allsquare.selling.selectors import is_counter


def offers_several(organization: Organization, customer_id: UUID) -> bool:
    """Not to a customer who stands for many people: none of them may see what others owe."""
    allowed = organization.several_invoices or organization.on_account
    return allowed and not is_counter(organization, customer_id)
