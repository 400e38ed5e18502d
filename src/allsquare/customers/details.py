"""What a customer's record and their contacts' say, and what of it is accepted."""

from __future__ import annotations

from typing import Final, TypedDict
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.core import checks, numbers
from allsquare.core.errors import FieldErrors
from allsquare.customers.models import Contact, Customer, CustomerGroup


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
    payment_days: int | None
    group_id: UUID | None


class ChangedDetails(CustomerDetails, total=False):
    """For a change, the name is one field like the others."""

    name: str


#: The longest time to pay; as for a single invoice.
MOST_DAYS: Final = 365


class ContactDetails(TypedDict, total=False):
    """The fields of a contact; see the model."""

    name: str
    position: str
    email: str
    phone: str
    language: str
    gets_invoices: bool
    gets_receipts: bool


def check(customer: Customer) -> None:
    """Tidy every field in place. Raises ``FieldErrors`` naming every field that is wrong."""
    errors = checks.problems(
        customer,
        {
            "name": checks.needed(_lazy("The customer needs a name.")),
            "country": checks.country,
            "tax_id": lambda number: numbers.tax_id(number, customer.country),
            "language": checks.language,
            "currency": checks.money_code,
        },
    )
    if customer.payment_days is not None and not 0 <= customer.payment_days <= MOST_DAYS:
        errors["payment_days"] = _("Give 0 to %(days)s days to pay.") % {"days": MOST_DAYS}
    if (
        customer.group_id is not None
        and not CustomerGroup.objects.filter(
            organization=customer.organization, id=customer.group_id
        ).exists()
    ):
        errors["group_id"] = _("This group is not there any more. Choose another.")
    if errors:
        raise FieldErrors(errors)


def check_contact(contact: Contact) -> None:
    """As :func:`check`. Who is to get mail needs an address."""
    errors = checks.problems(
        contact,
        {
            "name": checks.needed(_lazy("The contact needs a name.")),
            "language": lambda tag: checks.language(tag) if tag else "",
        },
    )
    if (contact.gets_invoices or contact.gets_receipts) and not contact.email:
        errors.setdefault("email", _("Who is to get mail needs an e-mail address."))
    if errors:
        raise FieldErrors(errors)
